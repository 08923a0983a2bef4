"""Files that are put in place whole, and found out where they are not."""

from src.disk.damage import DamagedError, read_whole
from src.disk.output import check_output
from src.disk.plain import check_plain
from src.disk.whole import FULL, flush_files, whole_file, write_text, write_texts

__all__ = [
    "FULL",
    "DamagedError",
    "check_output",
    "check_plain",
    "flush_files",
    "read_whole",
    "whole_file",
    "write_text",
    "write_texts",
]
