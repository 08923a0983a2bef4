"""What a door prints and logs: nothing secret, to streams that may be closed by `| head`, full, gone, or without UTF-8."""

import codecs
import errno
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from src.passwords import masked

if TYPE_CHECKING:
    from rich.console import Console

SIGPIPE = 128 + 13  # how a shell calls the end of whoever writes to nobody
SPELLED = {"±": "+/-", "×": "x", "…": "...", "−": "-", "–": "-"}
DRAWING = ("matplotlib", "plotly", "optuna/visualization", "src/plots", "src/report", "search/figures")

log = logging.getLogger(__name__)


@contextmanager
def output(*, goes_on: bool) -> Iterator[None]:
    """Inside, what is printed, warned of or logged is masked, and raises nothing for a closed pipe or signs that there are not.

    `goes_on`: what is done inside matters more than what is told of it; else a closed pipe ends it, as other tools end.
    """
    before, records = (sys.stdout, sys.stderr, warnings.showwarning), logging.getLogRecordFactory()
    logging.setLogRecordFactory(_record)  # to files, too
    stderr = Output(sys.stderr, goes_on)
    sys.stdout, sys.stderr = Output(sys.stdout, goes_on, stderr), stderr
    warnings.showwarning = _show_warning
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr, warnings.showwarning = before
        logging.setLogRecordFactory(records)


def plain_console(*, stderr: bool = False) -> "Console":
    """Where tables and lines are told, as they are: rich would read `[a-z]`, or `:x:`, of a user's own as markup."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False)


class Output:
    """A stream that lasts: it is `stream`, until that cannot be written to, then nothing; `aside` is told."""

    def __init__(self, stream: Any, goes_on: bool, aside: "Output | None" = None) -> None:
        self.stream, self.goes_on, self.aside = stream, goes_on, aside
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLING)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        self._guarded(lambda: self.stream.write(masked(text)))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._guarded(self.stream.flush)

    def _guarded(self, act: Any) -> None:
        try:
            act()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())
            if self.goes_on:
                if self.aside is not None:
                    self.aside.write(
                        f"WARNING: stdout: {error.strerror}; the work goes on, and nothing more is shown.\n"
                    )
            elif error.errno == errno.EPIPE:
                sys.exit(SIGPIPE)
            else:
                raise ValueError(f"stdout: must be writable, but got: {error.strerror}.") from error


class LogFile(logging.FileHandler):
    """A log, until it cannot be written, say for a full disk: that is told once."""

    told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self.told:
            self.told = True
            print(f"WARNING: {self.baseFilename}: {error.strerror}; not all is logged there.", file=sys.stderr)


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    record = logging.LogRecord(*arguments, **named)
    with suppress(Exception):  # arguments that do not fit their message: logging tells of them
        record.msg, record.args = masked(record.getMessage()), ()
    return record


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """In the place of what cannot be encoded: something that can be read."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(SPELLED.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


SPELLING = "perceptron_lab.spelled"
codecs.register_error(SPELLING, _spelled)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning in one line; those of libraries that draw are for the log alone."""
    level = logging.INFO if any(name in filename for name in DRAWING) else logging.WARNING
    log.log(level, "%s (%s, %s:%d)", " ".join(str(message).split()), category.__name__, filename, lineno)
