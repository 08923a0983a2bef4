"""Folds train in one stack, each member as it does alone: on its own rows, by what was fitted on these."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines.build import spec_with_folds, stack_spec
from src.engines.dispatch import Dispatch
from src.runs.job import Job
from src.sweep.one import jobs as source_of
from tests.engines.stacked.heard import Heard

KEYS = ["tracking.enabled=false", "epochs=3", "patience=null", "batch_size=32", "trainer.precision=64-true"]
TABLE = ["data=table", "data.target=y", "data.num_folds=3", "data.scale=standard"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A table with classes, and one with numbers to be predicted; 120 rows divide evenly among three folds."""
    folder, draws = tmp_path_factory.mktemp("tables"), torch.Generator().manual_seed(0)
    x = torch.rand(120, 4, generator=draws)
    frame = pd.DataFrame(x.numpy(), columns=list("abcd"))
    frame["kind"] = ["u", "v", "w"] * 40
    frame.assign(y=["no", "yes"] * 60).to_csv(folder / "classes.csv", index=False)
    frame.assign(y=1000 * (x[:, 0] - x[:, 1]).numpy()).to_csv(folder / "numbers.csv", index=False)
    return folder


CASES = {
    "classes": ["data.path={}/classes.csv"],
    "numbers": ["data.path={}/numbers.csv"],
    "columns": ["data.path={}/numbers.csv", "model=tabular", "model.num_bins=4", "model.d_embedding=3"],
    "images, augmented": [
        "data=digits",
        "data.num_folds=3",
        "augment=affine",
        "augment.mixup=0.3",
        "data.standardize=channels",
    ],
}


def made(tables, case, folder):
    """Three folds, the first twice with other seeds."""
    keys = [text.format(tables) for text in CASES[case]]
    width = ["model.widths=[5]"]
    shared = [*(() if case.startswith("images") else TABLE), *keys, *width, *KEYS]
    runs = [
        compose_run(*shared, f"data.fold={fold}", f"seed={seed}") for fold, seed in ((0, 0), (1, 0), (2, 0), (0, 1))
    ]
    return [Job(number, run, folder / str(number)) for number, run in enumerate(runs)]


def trained(jobs, engine):
    jobs = [replace(job, run=job.run.model_copy(update={"engine": engine})) for job in jobs]
    data, heard = LastRead(), Heard()
    dispatch = Dispatch(source_of(*jobs, data=data), [heard], console=Console(quiet=True), data=data)
    dispatch.train()
    assert not dispatch.failed_
    return heard, dispatch


@pytest.mark.parametrize("case", CASES)
def test_a_fold_trains_in_company_as_it_does_alone(case, tables, tmp_path):
    jobs = made(tables, case, tmp_path)
    assert len({spec_with_folds(job.run, LastRead().read) for job in jobs}) == 1
    (stacked, dispatch), (single, _) = trained(jobs, "stacked"), trained(jobs, "single")
    assert (dispatch.used_, dispatch.offered_) == (12, 12)  # all four at once
    for number in range(4):
        for one, other in zip(stacked.rows[number], single.rows[number], strict=True):
            for name in ("train/loss", "val/loss"):
                assert one[name] == pytest.approx(other[name], rel=1e-9)
        mine, its = stacked.outcomes[number], single.outcomes[number]
        assert mine.dataset.digest == its.dataset.digest
        assert mine.of_val.labels.equal(its.of_val.labels)
        torch.testing.assert_close(mine.of_val.logits, its.of_val.logits, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(
            mine.predict(mine.dataset.test).logits, its.predict(its.dataset.test).logits, rtol=1e-9, atol=1e-12
        )
    assert len({tuple(row["val/loss"] for row in stacked.rows[number]) for number in range(4)}) == 4


def test_folds_of_another_form_have_a_stack_of_their_own(tables):
    runs = [
        compose_run(*TABLE, f"data.path={tables}/classes.csv", "data.num_folds=7", f"data.fold={fold}")
        for fold in (0, 6)
    ]
    first, last = (spec_with_folds(run, LastRead().read) for run in runs)
    assert first != last  # 120 rows among 7 folds: 18 in the first, 17 in the last


def test_without_folds_nothing_is_read():
    run = compose_run("data=table", "data.path=nowhere.csv", "data.target=y")
    assert spec_with_folds(run, LastRead().read) == stack_spec(run)
