"""A learning rate for a run: the range test, its curve as a table and a picture, and what it suggests."""

import math
from pathlib import Path

import pandas as pd
from rich.progress import track

from src.config.schema import Run
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.disk import whole_file
from src.engines.range_test import STEPS, range_test
from src.plots import range_curve, save_figure
from src.runs.check import check_run

TABLE, PICTURE = "lr_find.csv", "lr_find.png"


def find_lr(run: Run, folder: Path, data: LastRead) -> None:
    """Leave in `folder` the curve of the test of `run`, and print the rate that it suggests. No run is recorded.

    Raises ValueError if no step had a finite loss.
    """
    dataset = data.read(run.data)
    check_run(run, dataset)
    console = plain_console()
    steps = track(range(STEPS), "range test", console=console, disable=not console.is_terminal, transient=True)
    test = range_test(run, dataset, steps)
    table = pd.DataFrame({"lr": test.rates, "train/loss": test.losses, "smoothed": test.smoothed})
    if not math.isfinite(test.losses[0]):
        raise ValueError(f"model: must give a finite loss before its first step, but got {test.losses[0]}.")
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / TABLE, flush=False) as part:
        table.to_csv(part, index=False)
    title = f"Learning-rate range test: {dataset.name}"
    save_figure(lambda: range_curve(table, test.suggestion, title), folder / PICTURE)
    told = f"optimizer.lr={test.suggestion:.1g}: a tenth of the rate at which the smoothed loss is least"
    console.print(f"{told}\n{folder / PICTURE}, {TABLE}: the curve", soft_wrap=True, highlight=False)
