"""The best run beside others on the same test rows: whether they differ by more than other rows would make them."""

from collections.abc import Iterator
from html import escape

import torch

from src.metrics import auroc
from src.report.page import Section
from src.report.page_data import PageData
from src.report.predictions import Predictions, predictions_of, predictions_of_run
from src.report.text import figure, table
from src.statistics.paired import Paired, delong, mcnemar
from src.tracking.reading import Recorded

MOST = 8  # others


def side_by_side(material: PageData) -> Section | None:
    """A row for each of the next configurations that has predictions of the same test rows; None if there is none."""
    best = predictions_of(material)
    if (
        material.board is None
        or material.best is None
        or best is None
        or best.split != "test"
        or best.task == "regression"
    ):
        return None
    rows = [[escape(material.short(run)), *_compared(best, its)] for run, its in _others(material, material.best, best)]
    if not rows:
        return None
    is_binary = best.task == "binary"
    tests = f"{'DeLong of AUROC, ' * is_binary}McNemar of accuracy{', each at its threshold' * is_binary}"
    lead = (
        f"<p>The best run is {escape(material.short(material.best))}. Paired tests on the same {len(best.labels):,} rows of "
        f"test ({tests}): other rows might have come, other seeds are not thought of, and p is not corrected for how many "
        "stand here.</p>"
    )
    of_each = [*(["AUROC", "best less this", "p"] * is_binary), "accuracy", "best less this", "p"]
    return Section(
        "beside", "Beside other runs", [lead, table(["run", *of_each], rows, numbers=range(1, len(of_each) + 1))]
    )


def _compared(best: Predictions, its: Predictions) -> list[str]:
    """The figures of another run, and what tests say of the best's being ahead."""
    accuracy = [figure(float(its.right.double().mean())), *_told(mcnemar(best.right, its.right, best.groups))]
    if best.task != "binary":
        return accuracy
    area = figure(float(auroc(its.logits, its.labels)))
    return [area, *_told(delong(best.logits, its.logits, best.labels, best.groups)), *accuracy]


def _told(test: Paired) -> tuple[str, str]:
    return f"{test.difference:+.4f}", f"{test.p:.3f}"


def _others(material: PageData, best: Recorded, found: Predictions) -> Iterator[tuple[Recorded, Predictions]]:
    """The first run of each of the next rows of the leaderboard, where it has predictions of the rows of `found`."""
    assert material.board is not None
    for place in range(1, min(len(material.board), MOST + 1)):
        run = material.runs[material.of_row(place)[0].number]
        if run.tags.get("data") != best.tags.get("data"):
            continue
        its = predictions_of_run(material, run, frozenset(material.reader.files(run)))
        if its is not None and its.split == found.split and torch.equal(its.labels, found.labels):
            yield run, its
