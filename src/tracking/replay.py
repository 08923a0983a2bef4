"""What a folder's record tells once more: the events of its run, through the same writer."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from src import runs
from src.runs.files import CONFIG, FACTS, RESULTS, read_history, read_json
from src.tracking.events import Begin, Epoch, Finish, Follow, RunEvent, end_of, now, params_of
from src.tracking.state import SWEEP, State
from src.tracking.store import configured_uri
from src.tracking.writer import Writer

Tell = Callable[[str], None]  # hears of models that are registered


def send_run(folder: Path, uri: str | None = None, *, tell: Tell = print) -> None:
    """Send a single run that has ended, to `uri` or where it was to be sent."""
    writer = Writer(_target(folder, folder, uri, {}))
    for event in events_of(folder):
        writer.add(event)
    writer.write()
    for note in writer.notes_:
        tell(note)


def send_sweep(sweep: Path, members: Sequence[Path], uri: str | None = None, *, tell: Tell = print) -> None:
    """Send these members, which have ended, of the sweep in `sweep`, and the sweep itself, of which no process goes on."""
    every = sorted(path.parent for path in sweep.glob(f"*/{CONFIG}"))
    writer = Writer(_target(sweep, every[0], uri, _shared_facts(every)))
    for folder in members:
        for event in events_of(folder):
            writer.add(event)
    ended = read_json(sweep / SWEEP)
    best = (sweep / str(ended["best"])).resolve() if ended.get("best") is not None else None
    writer.finish(Finish(ended.get("status", "KILLED"), best))
    for note in writer.notes_:
        tell(note)


def events_of(folder: Path) -> list[RunEvent]:
    """All that happened to the run in `folder`, which has ended."""
    folder, noted, values = folder.resolve(), State.read(folder), _config(folder)
    name = values["tracking"]["run_name"] or (noted.name if noted else None) or runs.label(folder)
    epochs = [Epoch(folder, row, now()) for row in read_history(folder)]
    begin = Begin(folder, name, params_of(values), read_json(folder / FACTS))
    return [begin, *epochs, end_of(folder, read_json(folder / RESULTS))]


def _target(folder: Path, configured: Path, uri: str | None, facts: dict[str, str]) -> Follow:
    tracking, noted = _config(configured)["tracking"], State.read(folder)
    where = configured_uri(uri or (noted.uri if noted else None) or tracking["uri"])
    return Follow(folder.resolve(), where, tracking["experiment"] or "default", folder != configured, facts)


def _shared_facts(folders: Iterable[Path]) -> dict[str, str]:
    """What the runs in all `folders` are found by."""
    tables = [read_json(folder / FACTS) for folder in folders]
    return {key: value for key, value in tables[0].items() if all(table.get(key) == value for table in tables)}


def _config(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.load((folder / CONFIG).read_text(), Loader=yaml.CSafeLoader)
    return values
