"""Files of configuration that Hydra cannot read: it raises what their reader raises, which names none."""

import traceback
from types import FrameType

from yaml import YAMLError

READER, LOADER = "file_config_source.py", "defaults_list.py"  # of Hydra: what reads one file, and those that it names


def unreadable(error: BaseException) -> str | None:
    """The line for an error over a file of configuration; None for one over anything else."""
    if (reading := _frame(error, READER)) and (path := reading.f_locals.get("full_path")):
        return f"{path}: must be a file of YAML in UTF-8, but got: {_reason(error)}."
    if isinstance(error, RecursionError) and (loading := _frame(error, LOADER)):
        return f"{loading.f_locals.get('path', 'defaults')}: must not name itself among its defaults, but got a circle."
    return None


def _reason(error: BaseException) -> str:
    if isinstance(error, YAMLError) and (mark := getattr(error, "problem_mark", None)):
        return f"{getattr(error, 'problem', None)}, line {mark.line + 1}"
    return (" ".join(str(error).split()) or type(error).__name__)[:120].rstrip(".")


def _frame(error: BaseException, file: str) -> FrameType | None:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename.endswith(file)]
    return frames[-1] if frames else None
