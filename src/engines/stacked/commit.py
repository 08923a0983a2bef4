"""Stacks on disk, beside the folders of their runs, so that another process goes on with them."""

import logging
import secrets
from pathlib import Path

from src.disk import DamagedError
from src.disk.tensors import load_tensors, save_tensors
from src.engines.stacked.snapshot import Snapshot

log = logging.getLogger(__name__)

NAME = "stack-{}.ckpt"


def fresh(folder: Path) -> Path:
    """A file for a stack in the sweep's `folder`, which is no other's."""
    return folder / NAME.format(secrets.token_hex(4))


def save(snapshot: Snapshot, path: Path) -> None:
    """Commit a stack as it is now. Raises OSError, say for a full disk."""
    save_tensors(vars(snapshot), path)


def load(path: Path) -> Snapshot | None:
    """The stack as it was committed; None, which is told, if that is damaged or not to be found on this machine."""
    try:
        return Snapshot(**load_tensors(path))
    except (FileNotFoundError, DamagedError) as error:
        log.warning("%s Runs of that stack begin again at epoch 1.", error)
        return None


def found_in(folder: Path) -> list[Path]:
    """Those of the sweep's `folder`, the last one first."""
    return sorted(folder.glob(NAME.format("*")), key=lambda path: path.stat().st_mtime, reverse=True)
