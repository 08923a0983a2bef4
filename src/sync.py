"""Door: `python -m src.sync` sends to MLflow what it missed while its server was down."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from src import runs
from src.config.errors import report_errors, show_warnings
from src.config.terminal import output
from src.disk import DamagedError
from src.passwords import masked
from src.runs.files import STATE, SWEEP


def main() -> None:
    """Send the runs named on the command line, or every ended run and claim under mlruns/ that MLflow does not have whole."""
    parser = argparse.ArgumentParser(prog="python -m src.sync", description=main.__doc__)
    parser.add_argument(
        "run", nargs="*", help="names of runs' or sweeps' folders, or MLflow ids; all when none is given"
    )
    parser.add_argument("--uri", help="another MLflow server or store than the run's own")
    parser.add_argument("--again", action="store_true", help="send anew what was deleted in MLflow")
    arguments = parser.parse_args()
    if arguments.again and not arguments.run:
        parser.error("--again: must come with the runs that are meant")
    with report_errors(), output(goes_on=True):
        show_warnings()
        named = [folder for name in arguments.run for folder in _named(name)]
        failures = sync(named or runs.run_folders(), arguments.uri, again=arguments.again)
        if not arguments.run:
            failures += sync_claims(arguments.uri)
        failures += _gone(named or runs.run_folders())
        if failures:
            raise ValueError("; ".join(dict.fromkeys(failures)))


def sync(folders: list[Path], uri: str | None = None, *, again: bool = False) -> list[str]:
    """Send each folder that has ended and that MLflow (at `uri`, if it is given) lacks, with its sweep, one line each.

    What was trained with tracking.enabled=false is not sent. `again`: what was deleted in MLflow is sent anew. Gives what
    went wrong; the others are sent all the same.
    """
    from src.tracking.replay import send_run, send_sweep

    failures, unsent = list[str](), list[Path]()
    for folder in folders:
        failures += _attempt(lambda folder=folder: unsent.extend(_unsent(folder, uri, again)), folder)  # type: ignore[misc]
    for folder in unsent:
        if not runs.in_sweep(folder):
            failures += _send(lambda folder=folder: send_run(folder, uri, again=again), folder)  # type: ignore[misc]
    for sweep in _sweeps_of(folders):
        members = [folder for folder in unsent if folder.parent == sweep]
        failures += _attempt(lambda sweep=sweep: unsent.extend(_unsent_sweep(sweep, uri)), sweep)  # type: ignore[misc]
        if members or sweep in unsent:
            failures += _send(lambda sweep=sweep, members=members: send_sweep(sweep, members, uri, again=again), sweep)  # type: ignore[misc]
    sent = sum(folder in folders and _is_complete(folder, uri) for folder in unsent)
    print(f"{sent} of {len(folders)} runs sent, the others were there already, are still running, private or failed")
    return failures


def sync_claims(uri: str | None = None) -> list[str]:
    """Send what claims found, where MLflow (at `uri`, if it is given) was to have it and has not; gives what went wrong."""
    from src.tracking import record_claim, unsent_claims

    failures = []
    for folder in unsent_claims(uri):
        failures += _send(lambda folder=folder: record_claim(folder, uri), folder)  # type: ignore[misc]
    return failures


def _named(name: str) -> list[Path]:
    """The folder of a run, or those of a sweep's."""
    sweep = runs.ROOT / "sweeps" / name
    members = [folder for folder in runs.run_folders() if name and folder.parent == sweep]
    return members or [runs.find(name)]


def _gone(folders: Iterable[Path]) -> list[str]:
    """What was sent and is not there any more."""
    from src.tracking.presence import gone

    folders = list(folders)
    return list(gone([*(folder for folder in folders if not runs.in_sweep(folder)), *_sweeps_of(folders)]))


def _sweeps_of(folders: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(folder.parent for folder in folders if runs.in_sweep(folder)))


def _unsent(folder: Path, uri: str | None, again: bool) -> list[Path]:
    """The folder, if it is to be sent: a run that has ended, that may be sent, and that MLflow lacks."""
    from src.runs.identity import read_config

    if not (folder / runs.RESULTS).is_file() or runs.is_alive(folder) or runs.is_alive(folder.parent):
        return []
    if not again and _is_complete(folder, uri):
        return []
    return [folder] if read_config(folder)["tracking"]["enabled"] else []


def _is_complete(folder: Path, uri: str | None) -> bool:
    from src.tracking import is_complete

    return is_complete(folder, uri)


def _unsent_sweep(sweep: Path, uri: str | None) -> list[Path]:
    """The sweep's folder, if it is to be sent: it has ended, and MLflow lacks what it has as a whole."""
    noted = (sweep / SWEEP).is_file() and (sweep / STATE).is_file()  # else nothing of it was to be sent
    return [sweep] if noted and not runs.is_alive(sweep) and not _is_complete(sweep, uri) else []


def _send(send: Callable[[], None], folder: Path) -> list[str]:
    failed = _attempt(send, folder)
    if not failed:
        print(f"{folder.name}: sent")
    return failed


def _attempt(act: Callable[[], None], folder: Path) -> list[str]:
    """What went wrong, in a line that names the folder or a file in it."""
    from src.tracking.deleted import DeletedError

    try:
        act()
    except (DeletedError, DamagedError) as error:
        return [masked(str(error))]
    except Exception as error:
        text = " ".join(masked(str(error)).split()) or type(error).__name__
        told = isinstance(error, ValueError | OSError) and str(folder) in text
        return [text if told else f"{folder.name}: MLflow must be reachable, but got: {text}"]
    return []


if __name__ == "__main__":
    main()
