"""What a door prints and logs, through one filter: no password, and nothing that the environment gave."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from src.passwords import shown


class Guarded:
    """A stream to which nothing secret is written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """As the stream itself."""
        self.stream.write(shown(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def guard_output() -> None:
    """From here on whatever is printed, warned of or written to a log in this process is as it may be shown."""
    logging.setLogRecordFactory(_record)
    for name in ("stdout", "stderr"):
        if not isinstance(stream := getattr(sys, name), Guarded):
            setattr(sys, name, cast(TextIO, Guarded(stream)))


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = logging.LogRecord(*arguments, **named)
    with suppress(Exception):  # arguments that do not fit their message: logging tells of them
        record.msg, record.args = shown(record.getMessage()), ()
    return record
