"""Which content a path had when it was last read: believed while its size, mtime and ctime stay as they were."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from src.disk import check_plain, whole_file

LARGEST = 2**30  # bytes of a file


class Content(NamedTuple):
    """SHA-256 of a file, and its stat as it was read; of one that cannot be read "" and nothing."""

    digest: str = ""
    stat: Sequence[int] = ()


def read_file(path: Path) -> tuple[bytes, Content]:
    """A file whole. Raises OSError, or ValueError if it is too large to be an image, or no plain file."""
    check_plain(path)
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        if stat.st_size > LARGEST:
            raise ValueError(f"must have at most {LARGEST} bytes, but got {stat.st_size}")
        data = file.read()
    return data, Content(hashlib.sha256(data).hexdigest(), _numbers(stat))


class KnownFiles:
    """The contents of files under `root`, kept in a JSON file of `folder`: paths as hashes, a name may be a patient's."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.path = root, folder / f"{short_hash(os.path.realpath(root))}.json"

    def digests(self, names: Sequence[str]) -> list[str] | None:
        """Those of the files `names`; None if one is new or may have changed."""
        known, found = self._read(), list[str]()
        for name in names:
            stat = known.get(short_hash(name), [""])
            if stat[:-1] != _stat(self.root / name):
                return None
            found.append(stat[-1])
        return found

    def learn(self, names: Sequence[str], contents: Sequence[Content]) -> None:
        """Keep what was read."""
        pairs = zip(names, contents, strict=True)
        new = {short_hash(name): [*content.stat, content.digest] for name, content in pairs if content.digest}
        with whole_file(self.path, shared=True) as part:
            part.write_text(json.dumps({**self._read(), **new}), encoding="utf-8")

    def _read(self) -> dict[str, list[Any]]:
        """All of it; nothing where it is damaged."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def short_hash(value: Any) -> str:
    """96 bits of the SHA-256 of plain values."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:24]


def _stat(path: Path) -> list[int] | None:
    try:
        return _numbers(os.stat(path))
    except OSError:
        return None


def _numbers(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
