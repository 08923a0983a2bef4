"""What a run is: every setting that decides a number, and the content of its data. No folder is taken for another's."""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from src.config.leaves import leaves
from src.config.loading import load_kept
from src.config.schema import Run
from src.data.sources import SOURCES
from src.disk import DamagedError, read_whole
from src.fields import free_keys
from src.passwords import kept
from src.runs.files import CONFIG, IDENTITY, read_json, read_yaml, write_json
from src.runs.seal import seal

AGAIN = "leave out resume and hydra.run.dir to begin anew"  # of a single run
FREE = frozenset(free_keys(Run))
FREE_OF_DATA = frozenset(key for source in SOURCES.values() for key in free_keys(source.settings, "data."))  # of any


@dataclass(frozen=True)
class Identity:
    """`settings`: the keys that decide, flat; `data`: the digest of the data, "" before they are read."""

    settings: Mapping[str, Any]
    data: str = ""

    @classmethod
    def of(cls, run: Run, data: str = "") -> Self:
        """Of a run on data with this digest; of what the environment gave, the settings hold a digest."""
        used, written = deciding(kept(run.plain())), dict(leaves(run.kept()))
        settings = {
            key: value if value == written[key] else _digested(written[key], value) for key, value in used.items()
        }
        return cls(settings, data)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """That of the run in `folder`; None if it holds no run."""
        found = read_json(path := folder / IDENTITY)
        return read_whole(path, lambda _: cls(dict(found["settings"]), found["data"])) if "settings" in found else None

    @property
    def hash(self) -> str:
        """Of all of it: runs with one hash have the same numbers."""
        return hashlib.sha256(json.dumps([self.settings, self.data], sort_keys=True).encode()).hexdigest()

    def differences(self, before: Self) -> list[str]:
        """What is not as it was, one text each."""
        found = changes(before.settings, self.settings)
        if self.data and before.data and self.data != before.data:
            found.append("data: the content of its files has changed")
        return found

    def check(self, folder: Path, *, again: str) -> None:
        """Raises ValueError if `folder` holds another run, or one that nothing tells of; `again` says how to begin anew."""
        try:
            before = Identity.read(folder)
        except DamagedError as error:
            raise ValueError(f"{str(error).rstrip('.')}; {again}.") from error
        if before is None and (folder / CONFIG).is_file():
            raise ValueError(
                f"{folder}: must hold {IDENTITY} beside {CONFIG}, but got no settings to compare; {again}."
            )
        if before is not None and (differences := self.differences(before)):
            raise ValueError(
                f"{folder}: a run must go on with the settings and data that it began with, but got "
                f"{', '.join(differences)}; {again}."
            )

    def hold(self, folder: Path) -> None:
        """Write it down, if `folder` has none yet."""
        found = read_json(folder / IDENTITY)
        if not found.get("data"):
            known = {"id": (known_id := found.get("id") or _new_id()), "hash": self.hash}
            known["seal"] = seal(folder, known_id)
            values = {**known, "settings": dict(self.settings), "data": self.data}
            write_json(folder / IDENTITY, values, flush=False)  # whoever begins a run flushes what it has written


def deciding(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of a run's resolved configuration the leaves that decide a number; which do not, the schemas say."""
    free = FREE.union(_free_of(values["data"], "data."))
    return {key: value for key, value in leaves(values) if not is_free(key, free)}


def is_free(key: str, free: Collection[str] = FREE) -> bool:
    """Whether a key, or a block that it is in, may change in a run that goes on: it does not decide a number."""
    return key in free or any(key[:end] in free for end, sign in enumerate(key) if sign == ".")


def _free_of(data: Mapping[str, Any], prefix: str) -> list[str]:
    """Of the settings of a data source those that only say where it lies."""
    of_source = _free_of(data["source"], f"{prefix}source.") if isinstance(data.get("source"), Mapping) else []
    known = SOURCES.get(data["_target_"])
    return [*of_source, *(free_keys(known.settings, prefix) if known else ())]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """`key=value (was other)` for each key that differs."""
    keys = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    return [f"{key}={after.get(key)} (was {before.get(key)})" for key in keys]


def folder_id(folder: Path) -> str:
    """What the run or sweep in `folder` is known by wherever it is sent: names of folders repeat, this does not."""
    found = read_json(folder / IDENTITY)
    if "id" not in found:
        found["id"] = _new_id()
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / IDENTITY, found)
    return str(found["id"])


def _digested(written: Any, value: Any) -> str:
    """32 bits of a digest tell one value from another, and not what it is."""
    return f"{written} ({hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]})"


def _new_id() -> str:
    return secrets.token_hex(16)


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of the run in `folder`, nested, as it is kept; DamagedError if the file is not what was written."""
    values = read_yaml(path := folder / CONFIG)
    if missing := Run.model_fields.keys() - values.keys():
        raise DamagedError(f"{path}: must be whole, but got one without {', '.join(sorted(missing))}.")
    return values


def read_run(folder: Path) -> Run:
    """The run in `folder`; ValueError if the environment has not what its configuration takes from there."""
    return load_kept(read_config(folder))
