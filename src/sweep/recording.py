"""What every training has around it: its folder claimed, its record, its artifacts, its tracking."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from src import runs
from src.artifacts import Artifacts
from src.config.errors import Interrupted
from src.config.schema import Tracking
from src.runs.background import Background
from src.runs.files import ENVIRONMENT, MULTIRUN, read_yaml
from src.runs.folder import ROOT, label
from src.runs.listener import REGISTERED, Listener, RecordError
from src.runs.orphans import close_orphans
from src.runs.provenance import environment
from src.runs.record import Record
from src.tracking import Tracker

Figures = Callable[[], tuple[dict[str, float], int]]  # how a sweep stands, and its number of epochs


class Recording(NamedTuple):
    """The record and those that hear after it, in their order."""

    record: Record
    background: Background
    others: list[Listener]

    @property
    def listeners(self) -> list[Listener]:
        """All of them, the record first."""
        return [self.record, *self.others]


@contextmanager
def recording(
    folder: Path,
    settings: Tracking,
    tracker: Tracker,
    console: Console,
    *,
    figures: Figures | None = None,
    shared: Collection[str] = (),
) -> Iterator[Recording]:
    """Claim `folder`, of one run or (with `figures`) of a sweep, whose jobs share these overrides, and record what is trained.

    Raises what was wrong with the record, as it was, and ValueError, before anything is written, for a store that can never be.
    """
    tracker.check(settings)
    close_orphans(console, but=folder)
    try:
        with runs.owned(folder), Background() as background:
            runs.write_text(folder / ENVIRONMENT, environment())
            console.print(f"folder: {os.path.relpath(folder)}", soft_wrap=True, highlight=False)
            is_sweep = figures is not None
            tracker.follow(folder, settings, background, is_sweep=is_sweep, status=figures, shared=shared)
            yield Recording(Record(background), background, [Artifacts(background), tracker, *REGISTERED])
    except RecordError as error:
        raise error.__cause__ or error from None
    except (Interrupted, KeyboardInterrupt):
        further = _again(folder) if figures is not None else f"python -m src.train resume={_named(folder)}"
        console.print(f"broken off: {further} goes on with it", soft_wrap=True, highlight=False)
        raise


def _named(run: Path) -> str:
    """As `resume=` takes it."""
    return label(run) if run.resolve().is_relative_to(ROOT.resolve()) else os.path.relpath(run)


def _again(sweep: Path) -> str:
    """What goes on with a sweep."""
    path = sweep / MULTIRUN
    given = read_yaml(path)["hydra"] if path.is_file() else {}
    if "fresh" not in (given.get(block, {}).get("resume") for block in ("launcher", "sweeper")):
        return "the same command"
    return f"the same command with hydra.sweep.dir={os.path.relpath(sweep)} in the place of resume=fresh"
