"""Door: `python -m src.sync` sends to MLflow what it missed while its server was down."""

import argparse
from collections.abc import Callable
from pathlib import Path

from src import runs
from src.config.errors import report_errors, show_warnings
from src.config.passwords import shown


def main() -> None:
    """Send the runs named on the command line, or every ended run and claim under mlruns/ that MLflow does not have whole."""
    parser = argparse.ArgumentParser(prog="python -m src.sync", description=main.__doc__)
    parser.add_argument("run", nargs="*", help="folder names or MLflow ids; all when none is given")
    parser.add_argument("--uri", help="another MLflow server or store than the run's own")
    arguments = parser.parse_args()
    show_warnings()
    with report_errors():
        failures = sync([runs.find(run) for run in arguments.run] or runs.run_folders(), arguments.uri)
        if not arguments.run:
            failures += sync_claims(arguments.uri)
        if failures:
            raise ValueError("; ".join(failures))


def sync(folders: list[Path], uri: str | None = None) -> list[str]:
    """Send each folder that has ended and that MLflow (at `uri`, if it is given) lacks, with its sweep, one line each.

    Gives what went wrong; the others are sent all the same.
    """
    from src.tracking.replay import send_run, send_sweep

    unsent, failures = [folder for folder in folders if _is_unsent(folder, uri)], list[str]()
    for folder in unsent:
        if not runs.in_sweep(folder):
            failures += _send(lambda folder=folder: send_run(folder, uri), folder, uri)  # type: ignore[misc]
    for sweep in dict.fromkeys(folder.parent for folder in folders if runs.in_sweep(folder)):
        members = [folder for folder in unsent if folder.parent == sweep]
        if members or _is_sweep_unsent(sweep, uri):
            failures += _send(lambda sweep=sweep, members=members: send_sweep(sweep, members, uri), sweep, uri)  # type: ignore[misc]
    sent = [folder for folder in unsent if not _is_unsent(folder, uri)]
    print(f"{len(sent)} of {len(folders)} runs sent, the others were there already, are still running or failed")
    return failures


def sync_claims(uri: str | None = None) -> list[str]:
    """Send what claims found, where MLflow (at `uri`, if it is given) was to have it and has not; gives what went wrong."""
    from src.tracking import record_claim, unsent_claims

    failures = []
    for folder in unsent_claims(uri):
        failures += _send(lambda folder=folder: record_claim(folder, uri), folder, uri)  # type: ignore[misc]
    return failures


def _is_unsent(folder: Path, uri: str | None) -> bool:
    from src.tracking import is_complete

    at_work = runs.is_alive(folder) or runs.is_alive(folder.parent)
    return (folder / runs.RESULTS).is_file() and not at_work and not is_complete(folder, uri)


def _is_sweep_unsent(sweep: Path, uri: str | None) -> bool:
    from src.tracking import is_complete
    from src.tracking.state import SWEEP

    return (sweep / SWEEP).is_file() and not runs.is_alive(sweep) and not is_complete(sweep, uri)


def _send(send: Callable[[], None], folder: Path, uri: str | None) -> list[str]:
    try:
        send()
    except Exception as error:
        return [f"{folder.name}: MLflow must be reachable, but got: {' '.join(shown(str(error)).split())}"]
    print(f"{folder.name}: sent")
    return []


if __name__ == "__main__":
    main()
