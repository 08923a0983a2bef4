"""Door: `python -m src.sync` sends to MLflow what it missed while its server was down."""

import argparse
from collections.abc import Callable
from pathlib import Path

from src import runs
from src.config.errors import report_errors


def main() -> None:
    """Send the runs named on the command line, or every ended run and study under mlruns/ that MLflow does not have whole."""
    parser = argparse.ArgumentParser(prog="python -m src.sync", description=main.__doc__)
    parser.add_argument("run", nargs="*", help="folder names or MLflow ids; all when none is given")
    parser.add_argument("--uri", help="another MLflow server or store than the run's own")
    arguments = parser.parse_args()
    with report_errors():
        sync([runs.find(run) for run in arguments.run] or runs.run_folders(), arguments.uri)
        if not arguments.run:
            sync_studies(arguments.uri)


def sync(folders: list[Path], uri: str | None = None) -> None:
    """Send each folder that has ended and that MLflow (at `uri`, if it is given) lacks, one line each."""
    from src.tracking import finish_parent, is_complete, send
    from src.tracking.parent import SWEEP
    from src.tracking.store import STATE

    sent = 0
    for folder in folders:
        if is_complete(folder, uri) or runs.is_alive(folder) or not (folder / runs.RESULTS).is_file():
            continue
        _send(send, folder, uri)
        sent += 1
    for sweep in dict.fromkeys(folder.parent for folder in folders if runs.in_sweep(folder)):
        ended = runs.read_json(sweep / SWEEP).get("status")
        if ended and runs.read_json(sweep / STATE).get("complete") != ended:
            finish_parent(sweep, ended)
    print(f"{sent} of {len(folders)} runs sent, the others were there already or are still running")


def sync_studies(uri: str | None = None) -> None:
    """Send what studies found, where MLflow (at `uri`, if it is given) was to have it and has not."""
    from src.tracking import record_study, unsent_studies

    for folder in unsent_studies(uri):
        _send(record_study, folder, uri)


def _send(send: Callable[[Path, str | None], object], folder: Path, uri: str | None) -> None:
    from src.tracking import without_password
    from src.tracking.store import STATE

    try:
        send(folder, uri)
    except Exception as error:
        shown = without_password(str(error), uri or runs.read_json(folder / STATE).get("uri", ""))
        raise ValueError(f"{folder.name}: MLflow must be reachable, but got: {shown}") from error
    print(f"{folder.name}: sent")


if __name__ == "__main__":
    main()
