"""The one rule of this folder: a mistake is one line that names what it is about, and nothing is left of it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 3.0  # that a mistake may take to be told
LONGEST = 700  # signs of a line
LINE = re.compile(r"[^\s:][^\n]*: .*\bmust\b.*\bbut\b.*\.?")  # <file or key>: <rule>, but got <value>


def assert_one_line(line: str, about: str) -> None:
    """`line` is in the house's form and says what it is `about`: a key, a part of one, or a file."""
    assert LINE.fullmatch(line), line
    assert about in line, f"{about!r} is not named: {line}"
    assert len(line) <= LONGEST, line
    assert "Traceback" not in line


def assert_refused(status: int, errors: str, about: str, *, code: int = 1) -> None:
    """A door ended with exit code `code` and one line of error."""
    assert "Traceback" not in errors, errors
    assert status == code, errors
    (line,) = errors.splitlines()
    assert line.startswith("error: "), line
    assert_one_line(line.removeprefix("error: "), about)


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """What happens inside leaves every file below `folder` as it was, and makes none."""
    before = contents(folder)
    yield
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, links not followed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
