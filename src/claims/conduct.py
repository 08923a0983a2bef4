"""Door of an experiment: `python -m experiments.<name>`. Tests the claim and tells its verdict."""

import argparse
import logging
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from src import runs
from src.claims.claim import Claim
from src.claims.lab import Lab
from src.claims.page import write_page
from src.config.command_line import each_once
from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output
from src.disk import DamagedError
from src.runs.provenance import provenance
from src.statistics.findings import bounds, found, table, verdict_of

log = logging.getLogger(__name__)


def conduct(module_name: str) -> None:
    """Carry out `findings` of an experiment's module, as its command line says."""
    module = sys.modules[module_name]
    arguments = parsed(str(module.__doc__))
    raise_on_signals()
    with report_errors(), output(goes_on=True):
        show_warnings()
        publish_claim(module, arguments)


def parsed(description: str) -> argparse.Namespace:
    """The command line of an experiment."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only whether it works: few seeds, few epochs")
    parser.add_argument("--seeds", type=int, help="how many seeds of each condition, at least 2")
    parser.add_argument(
        "--first-seed", type=int, default=0, help="the first of them; a pilot has others than the claim"
    )
    parser.add_argument("override", nargs="*", help="keys of every run, say tracking.enabled=false")
    arguments = parser.parse_args()
    if arguments.seeds is not None and arguments.seeds < 2:
        parser.error(f"--seeds: must be at least 2, but got {arguments.seeds}")
    if arguments.first_seed < 0:
        parser.error(f"--first-seed: must be at least 0, but got {arguments.first_seed}")
    return arguments


def publish_claim(module: ModuleType, arguments: argparse.Namespace) -> dict[str, Any]:
    """Carry out an experiment, write down what it found, tell it; one as its file states it also lands beside the experiments."""
    claim = Claim.of(module)
    lab = Lab(
        claim.name,
        quick=arguments.quick,
        seeds=arguments.seeds,
        first_seed=arguments.first_seed,
        overrides=each_once(arguments.override),
    )
    lab.console.print(Text.assemble((claim.name, "bold"), f": {claim.text}"), soft_wrap=True)
    started = time.perf_counter()
    findings = list(module.findings(lab))
    report = {
        **vars(claim),
        "findings": table(findings),
        "figures": lab.figures,
        "bounds": lab.bounds,
        "verdict": verdict_of(findings),
        "seconds": round(time.perf_counter() - started + lab.seconds_saved, 1),
        "quick": lab.is_quick,
        "stated": lab.is_stated,
        "seeds": len(lab.seeds),
        "sweeps": lab.sweeps,
        "made_by": {key: value for key, value in provenance("cpu").items() if key != "host"},
    }
    lab.folder.mkdir(parents=True, exist_ok=True)
    runs.write_json(lab.folder / runs.RESULTS, report)
    tell(report, lab.console)
    if lab.is_stated:
        keep(lab.folder, Path(str(module.__file__)).parent, claim.name)
    if lab.tracking.enabled:
        record(lab.folder, lab.tracking.uri)
    return report


def record(folder: Path, uri: str | None) -> None:
    """Tell MLflow of the claim in `folder`; a server that is down costs a warning."""
    from src.tracking import DeletedError, note_claim, record_claim

    note_claim(folder, uri)
    try:
        record_claim(folder, uri)
    except (DeletedError, DamagedError) as error:
        log.warning("%s", error)
    except Exception as error:
        log.warning("MLflow cannot be reached; `python -m src.sync` sends the claim later. (%s)", error)


def keep(folder: Path, experiments: Path, name: str) -> None:
    """The verdict and the figures, beside the experiments, and their page."""
    results = experiments / "results"
    results.mkdir(exist_ok=True)
    shutil.copy(folder / runs.RESULTS, results / f"{name}.json")
    for figure in folder.glob(f"{name}*.png"):
        shutil.copy(figure, results / figure.name)
    write_page(experiments)


def tell(report: Mapping[str, Any], console: Console) -> None:
    """Each prediction with its verdict and what was found, and the verdict of all."""
    board = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    board.add_column(no_wrap=True)
    board.add_column()
    for one in report["findings"]:
        told = f"{one['prediction']}\n{found(one)}, predicted {bounds(one['least'], one['most'])} "
        how = f"({one['statistic']}, n = {one['n']})"
        board.add_row(one["verdict"], Text.assemble(told, (how, "dim")))
    console.print(board)
    console.print(Text.assemble((f"{report['name']}: {report['verdict']}", "bold"), f", {report['seconds']:.0f} s"))
