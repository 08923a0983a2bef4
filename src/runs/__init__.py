"""A run as everybody knows it: what is to be trained, how far it has come, and what it leaves."""

from src.runs.files import (
    CHECKPOINT,
    CONFIG,
    FACTS,
    HISTORY,
    IDENTITY,
    OWNER,
    RESULTS,
    read_history,
    read_json,
    read_yaml,
    write_history,
    write_json,
    write_text,
)
from src.runs.folder import ROOT, find, in_sweep, label, new_name, run_folders
from src.runs.owner import is_alive, lives, owned, this_process

__all__ = [
    "CHECKPOINT",
    "CONFIG",
    "FACTS",
    "HISTORY",
    "IDENTITY",
    "OWNER",
    "RESULTS",
    "ROOT",
    "find",
    "in_sweep",
    "is_alive",
    "label",
    "lives",
    "new_name",
    "owned",
    "read_history",
    "read_json",
    "read_yaml",
    "run_folders",
    "this_process",
    "write_history",
    "write_json",
    "write_text",
]
