"""What a folder's record tells once more: the events of its run, through the same writer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from src import runs
from src.runs.files import CONFIG, FACTS, RESULTS, SWEEP, read_history, read_json
from src.runs.identity import read_config
from src.tracking.events import Begin, Epoch, Finish, Follow, RunEvent, end_of, now, params_of
from src.tracking.state import State
from src.tracking.store import configured_uri
from src.tracking.writer import Writer

Read = TypeVar("Read")
Tell = Callable[[str], None]  # hears of models that are registered


def send_run(folder: Path, uri: str | None = None, *, again: bool = False, tell: Tell = print) -> None:
    """Send a single run that has ended, to `uri` or where it was to be sent; `again`: though it was deleted there."""
    stories, damaged = _each(events_of, [folder])
    if damaged:
        raise ValueError(damaged[0])
    writer = Writer(replace(_target(folder, folder, uri, {}), again=again))
    for event in stories[0]:
        writer.add(event)
    writer.write()
    for note in writer.notes_:
        tell(note)


def send_sweep(
    sweep: Path, members: Sequence[Path], uri: str | None = None, *, again: bool = False, tell: Tell = print
) -> None:
    """Send these members, which have ended, of the sweep in `sweep`, and the sweep itself, of which no process goes on.

    What of them can be sent is sent; then ValueError, naming the others.
    """
    stories, damaged = _each(events_of, members)
    every = sorted(path.parent for path in sweep.glob(f"[0-9]*/{CONFIG}"))
    tables, _ = _each(lambda folder: read_json(folder / FACTS), every)
    target = _target(sweep, _first_sound(every), uri, _shared(tables))
    writer = Writer(replace(target, again=again))
    for event in (event for story in stories for event in story):
        writer.add(event)
    ended = read_json(sweep / SWEEP)
    best = (sweep / str(ended["best"])).resolve() if ended.get("best") is not None else None
    writer.finish(Finish(ended.get("status", "KILLED"), best))
    for note in writer.notes_:
        tell(note)
    if damaged:
        raise ValueError("; ".join(damaged))


def one_line(folder: Path, error: Exception) -> str:
    """What is wrong with a record, in words that name its folder."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if str(folder) in text else f"{folder}: {text}"


def _each(read: Callable[[Path], Read], folders: Iterable[Path]) -> tuple[list[Read], list[str]]:
    """What can be read of these records, and a line for each that is damaged."""
    found, damaged = list[Read](), list[str]()
    for folder in folders:
        try:
            found.append(read(folder))
        except Exception as error:  # whatever is wrong with one, the others are sent
            damaged.append(one_line(folder, error))
    return found, damaged


def events_of(folder: Path) -> list[RunEvent]:
    """All that happened to the run in `folder`, which has ended."""
    folder, noted, values = folder.resolve(), State.read(folder), read_config(folder)
    name = values["tracking"]["run_name"] or (noted.name if noted else None) or runs.label(folder)
    epochs = [Epoch(folder, row, now()) for row in read_history(folder)]
    begin = Begin(folder, name, params_of(values), read_json(folder / FACTS))
    return [begin, *epochs, end_of(folder, read_json(folder / RESULTS))]


def _target(folder: Path, configured: Path, uri: str | None, facts: dict[str, str]) -> Follow:
    tracking, noted = read_config(configured)["tracking"], State.read(folder)
    where = configured_uri(uri or (noted.uri if noted else None) or tracking["uri"])
    return Follow(folder.resolve(), where, tracking["experiment"] or "default", folder != configured, facts)


def _first_sound(folders: Sequence[Path]) -> Path:
    """The first whose settings can be read; raises what is wrong with the last if there is none."""
    for folder in folders[:-1]:
        if _each(read_config, [folder])[0]:
            return folder
    read_config(folders[-1])
    return folders[-1]


def _shared(tables: Sequence[dict[str, str]]) -> dict[str, str]:
    """What all of the runs are found by that are found by these."""
    first = tables[0] if tables else {}
    return {key: value for key, value in first.items() if all(table.get(key) == value for table in tables)}
