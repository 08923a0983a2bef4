"""A page on which a reader turns the knobs of small networks and sees what came of each; every picture is a recorded run.

Command: python -m experiments.playground            5 min on 2 cores

Trains a run for every position of the knobs (`--quick`: of fewer, in seconds) by the compiled engine, 4,560 in all, and writes
`mlruns/playground.html`: one file of 8 MB, without a network. The time was taken while others worked on the machine, of whose
processors it took 130 s. The runs lie in `mlruns/sweeps` (154 MB), and what has been trained is not trained again. MLflow is not
told, where thousands of runs would bury the others: `python -m src.runs experiment=playground` finds them.
"""

import argparse
from pathlib import Path

from experiments.playground.knobs import KNOBS, overrides, positions, quick_knobs
from experiments.playground.page import html
from experiments.playground.recorded import recorded
from src import runs
from src.claims import Lab
from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output
from src.disk import check_output, write_text

SEED = 0


def main() -> None:
    """Train what has not been trained, write the page, say where it lies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only whether it works: few positions")
    parser.add_argument("--output", type=Path, help="where the page is written")
    arguments = parser.parse_args()
    raise_on_signals()
    with report_errors(), output(goes_on=True):
        show_warnings()
        page = arguments.output or runs.ROOT / ("playground-quick.html" if arguments.quick else "playground.html")
        check_output(page, [".html"])
        write_playground(page, quick=arguments.quick)


def write_playground(page: Path, *, quick: bool) -> None:
    """The page of all positions, or of a few, as the file `page`."""
    lab, knobs = (
        Lab("playground", quick=quick, overrides=("tracking.enabled=false",)),
        quick_knobs() if quick else KNOBS,
    )
    typed = [overrides(knobs, position) for position in positions(knobs)]
    outcome = lab.train({" ".join(one): lab.run(*one, "engine=native") for one in dict.fromkeys(typed)}, seeds=(SEED,))
    content = html(knobs, recorded(outcome, knobs, [" ".join(one) for one in typed]))
    page.parent.mkdir(parents=True, exist_ok=True)
    write_text(page, content)
    lab.console.print(f"{page}: {len(outcome.conditions):,} runs, {len(content) / 1e6:.1f} MB", soft_wrap=True)


if __name__ == "__main__":
    main()
