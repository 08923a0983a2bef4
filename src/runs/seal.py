"""Which runs were made here: each bears a seal that this project alone can make.

What a folder's `.hydra/` says is run again by `resume`, and may name any code: that of another's folder is not.
"""

import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from src.disk import DamagedError, flush_files
from src.runs.files import HYDRAS, IDENTITY, read_json
from src.runs.folder import ROOT

KEY = "seal.key"  # beside the runs; of no use to anybody who has not got it with a folder
LENGTH = 32  # bytes
SEALED = ("overrides.yaml", "hydra.yaml")  # what `resume` runs


def seal(folder: Path, run_id: str) -> str:
    """Of the run in `folder`, over its id and what `resume` would run."""
    parts = [run_id.encode(), *(_content(folder / HYDRAS / name) for name in SEALED)]
    return hmac.new(_key(), b"\0".join(parts), "sha256").hexdigest()


def check_seal(folder: Path) -> None:
    """Raises ValueError, saying how to go on all the same, if the run in `folder` was not made here as it is."""
    found = read_json(folder / IDENTITY)
    if not hmac.compare_digest(str(found.get("seal")), seal(folder, str(found.get("id")))):
        raise ValueError(
            f"{folder}: must be a run that was made in this project, since resume runs what stands in it, but got one of "
            f"another project, or one whose .hydra/ was changed; read its .hydra/overrides.yaml, and give what you trust of "
            f"it with hydra.run.dir={folder} to go on."
        )


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _key() -> bytes:
    """That of this project, made when it is first asked for, by one of those who ask at once."""
    path = ROOT / KEY
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{KEY}.{secrets.token_hex(4)}.part")
        part.touch(mode=0o600)
        part.write_bytes(secrets.token_bytes(LENGTH))
        flush_files([part])
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    if len(key := path.read_bytes()) != LENGTH:  # anybody can seal with an empty one
        raise DamagedError(
            f"{path}: must hold {LENGTH} bytes, but got {len(key)}; without it the next run makes another."
        )
    return key
