"""Choice of `+experiment=pneumonia`, `pneumonia_cnn` and `pneumonia_mixer`, by val alone: the test split is never read.

    python -m experiments.pneumonia_select data.path=FILE

Criterion, fixed beforehand: val comes from the same source as train, so every configuration reaches an AUROC near 0.99 on
it and it can hardly tell them apart, while test comes from elsewhere. So a configuration is judged by the mean AUROC over
copies of val that are disturbed the way another clinic would: other position, angle, distance, contrast, noise. The winner
of each of GRIDS is the row with the highest mean over seeds, by one view of each image; the experiment's file holds it. Which
rows the grids have came from earlier runs, whose test figures were known; which is taken comes from the criterion. The
table of the CNN that is kept was trained in several commands of these settings; of the rows of averaged weights it has what was
printed, four digits.
"""

import itertools
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from src import runs
from src.claims import Lab, Outcome
from src.claims.conduct import parsed
from src.claims.shifts import exposed, moved, noisy
from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output
from src.data.dataset import Split
from src.metrics import auroc

RESULTS = Path(__file__).parent / "results" / "pneumonia_select.json"
SEEDS = {"pneumonia": (0, 5), "pneumonia_cnn": (100, 1), "pneumonia_mixer": (100, 1)}  # the first, and how many
Overrides = tuple[str, ...]
DISTURBANCES = [
    *(moved(shift=0.15), moved(rotation=15.0), moved(scale=0.2)),
    *(exposed(0.6), exposed(1.6), noisy(12.0)),
]
Row = dict[str, Any]  # the overrides of a configuration, its AUROC on val and the criterion


def affine(shift: float, rotation: float, scale: float) -> Overrides:
    """Augmentation of these strengths."""
    return f"augment.shift={shift}", f"augment.rotation={rotation}", f"augment.scale={scale}"


def net(norm: str, convs: int) -> Overrides:
    """A convolutional network with this norm, and so many convolutions in a stage."""
    return f"model.norm={norm}", f"model.convs_per_stage={convs}"


NONE, SMALL, MEDIUM = affine(0.0, 0.0, 0.0), affine(0.05, 5.0, 0.05), affine(0.1, 10.0, 0.1)
LARGE, HUGE = affine(0.15, 12.0, 0.2), affine(0.2, 20.0, 0.3)
BEST = ("schedule=constant", "keep=best", "ema=null")
COSINE = ("schedule=cosine", "keep=last", "ema=null")
AVERAGED = ("schedule=constant", "keep=last", "ema=0.999")
ADAMW = ("optimizer=adamw", "optimizer.lr=0.002", "optimizer.weight_decay=0.05")
DROPOUTS = [("model.dropout=0.0",), ("model.dropout=0.3",)]
SHORT, LONG = ("epochs=20", *COSINE), ("epochs=40",)
GRIDS: dict[str, list[Overrides]] = {
    "pneumonia": [
        (*augmentation, *kept, *dropout)
        for augmentation, kept, dropout in itertools.product((NONE, MEDIUM, LARGE), (BEST, COSINE, AVERAGED), DROPOUTS)
    ],
    "pneumonia_cnn": [
        *((*SHORT, *net("layer", 2), *augmentation) for augmentation in (SMALL, MEDIUM, LARGE, HUGE)),
        (*SHORT, *net("null", 2), *MEDIUM, "optimizer.lr=0.001"),
        (*SHORT, *net("layer", 2), *MEDIUM, "model.dropout=0.3"),
        (*SHORT, *net("layer", 2), *MEDIUM, "model.channels=[32,64,128]"),
        (*SHORT, *net("layer", 2), *MEDIUM, *ADAMW),
        *(
            (*LONG, *kept, *net("layer", 2), *MEDIUM)
            for kept in (COSINE, ("schedule=cosine", "keep=last", "ema=0.999"))
        ),
        *((*LONG, *AVERAGED, *net(norm, convs), *MEDIUM) for norm in ("layer", "instance") for convs in (2, 3)),
        (*LONG, *AVERAGED, *net("layer", 2), *LARGE),
        (*LONG, *AVERAGED, *net("instance", 2), *MEDIUM, *ADAMW),
        *(("epochs=80", *AVERAGED, *net("layer", 2), *MEDIUM, *more) for more in ((), ADAMW)),
    ],
    "pneumonia_mixer": [("optimizer=adam", f"optimizer.lr={lr}", *MEDIUM) for lr in (0.001, 0.002)],
}


def main() -> None:
    """Judge each grid, keep the tables."""
    arguments = parsed(str(__doc__))
    raise_on_signals()
    with report_errors(), output(goes_on=True):
        show_warnings()
        found = {}
        for experiment in GRIDS:
            first, count = SEEDS[experiment] if arguments.seeds is None else (arguments.first_seed, arguments.seeds)
            lab = Lab(
                "pneumonia_select",
                quick=arguments.quick,
                seeds=count,
                first_seed=first,
                overrides=arguments.override,
            )
            found[experiment] = judged(lab, experiment)
        if arguments.quick:
            lab.write(RESULTS.name, json.dumps(found))
        else:
            runs.write_json(RESULTS, found)


def judged(lab: Lab, experiment: str) -> list[Row]:
    """Each configuration of an experiment's grid with what it reaches, the best first."""
    small = lab.quick([], ["epochs=1"])
    grid = {" ".join(overrides): overrides for overrides in lab.quick(GRIDS[experiment], GRIDS[experiment][:2])}
    outcome = lab.train(
        {name: lab.run(f"+experiment={experiment}", *overrides, *small) for name, overrides in grid.items()}
    )
    val = outcome.data(next(iter(grid))).val
    copies = [Split(disturbed(val.inputs), val.labels) for disturbed in DISTURBANCES]
    table = [
        {
            "overrides": list(overrides),
            "val": statistics.mean(areas(outcome, name, [val])),
            "criterion": statistics.mean(areas(outcome, name, copies)),
        }
        for name, overrides in grid.items()
    ]
    table.sort(key=lambda row: float(row["criterion"]), reverse=True)
    for row in table:
        lab.console.print(
            f"{row['criterion']:.4f} disturbed  {row['val']:.4f} val  {' '.join(row['overrides'])}", soft_wrap=True
        )
    lab.console.print(f"chosen: +experiment={experiment} {' '.join(table[0]['overrides'])}", soft_wrap=True)
    return table


def areas(outcome: Outcome, condition: str, splits: Sequence[Split]) -> list[float]:
    """AUROC of each seed on each of `splits`."""
    found = [outcome.predict(condition, seed, split, one_view=True) for seed in outcome.seeds for split in splits]
    return [float(auroc(one.logits, one.labels)) for one in found]


if __name__ == "__main__":
    main()
