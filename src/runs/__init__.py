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
    write_history,
    write_json,
    write_text,
)
from src.runs.folder import ROOT, find, in_sweep, label, new_name, run_folders
from src.runs.owner import claim, is_alive, lives, orphans, owned, release, this_process

__all__ = [
    "CHECKPOINT",
    "CONFIG",
    "FACTS",
    "HISTORY",
    "IDENTITY",
    "OWNER",
    "RESULTS",
    "ROOT",
    "claim",
    "find",
    "in_sweep",
    "is_alive",
    "label",
    "lives",
    "new_name",
    "orphans",
    "owned",
    "read_history",
    "read_json",
    "release",
    "run_folders",
    "this_process",
    "write_history",
    "write_json",
    "write_text",
]
