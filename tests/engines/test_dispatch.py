"""Which runs are trained together."""

import io

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines import commits
from src.engines.build import spec_of
from src.engines.dispatch import Dispatch, kind_of
from src.runs.job import Jobs
from tests.engines.stacked.heard import Heard, jobs_of

DIFFERING = ([], ["model.widths=[3]"], ["batch_size=16", "model.activation=tanh"], ["optimizer=sgd"])


@pytest.mark.parametrize(("engine", "kinds"), [("auto", 1), ("native", 1), ("stacked", 4)])
def test_the_compiled_engine_takes_whatever_it_knows(engine: str, kinds: int):
    read = LastRead().read
    runs = [compose_run("data=wine", "trainer.accelerator=cpu", f"engine={engine}", *keys) for keys in DIFFERING]
    assert len({kind_of(run, read) for run in runs}) == kinds


def test_what_it_does_not_know_is_of_its_stack():
    read = LastRead().read
    keys = ("data=wine", "trainer.accelerator=cpu", "model=tabm")
    plain, wide = compose_run(*keys), compose_run(*keys, "batch_size=16")
    assert len({kind_of(run, read) for run in (plain, wide, compose_run("data=wine"))}) == 3


@pytest.mark.parametrize(("rows", "is_alone"), [(64, True), (1, False)])
def test_what_a_stack_would_slow_down_is_trained_one_by_one(tmp_path, monkeypatch, rows, is_alone):
    monkeypatch.chdir(tmp_path)
    keys = ("data=wine", "model=tabm", "model.d_block=256", "trainer.accelerator=cpu", "epochs=1")
    jobs = jobs_of(compose_run(*keys, f"batch_size={rows}", f"seed={seed}") for seed in range(2))
    heard, told = Heard(), io.StringIO()
    Dispatch(Jobs(jobs, spec_of), [heard], console=Console(file=told, width=200)).train()
    assert ("one after another: its steps are so large that a stack would be slower." in told.getvalue()) == is_alone
    seconds = {heard.rows[job.number][0]["epoch_seconds"] for job in jobs}
    assert len(seconds) == 1 + is_alone  # a stack's epoch is one


@pytest.mark.parametrize("engine", ["stacked", "single"])
def test_a_job_that_does_not_fit_its_data_fails_wherever_it_stands(tmp_path, monkeypatch, engine):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commits, "SECONDS", 0.0)
    monkeypatch.setattr(commits, "SHARE", 1e9)
    keys = ("data=wine", "model.widths=[2]", "trainer.accelerator=cpu", "epochs=1", f"engine={engine}")
    jobs = jobs_of(compose_run(*keys, *more) for more in ([], ["pos_weight=3"], []))
    heard, committed = Heard(), []
    dispatch = Dispatch(
        Jobs(jobs, spec_of),
        [heard],
        console=Console(quiet=True),
        on_snapshot=lambda snapshot: committed.append(set(dispatch.ended_)),
    )
    dispatch.train()
    failed = heard.outcomes[1]
    assert failed.reason.startswith("ValueError: pos_weight: ")
    assert failed.error.__traceback__ is None  # else its frames would hold what they computed
    assert [heard.outcomes[number].stop_reason for number in (0, 2)] == ["epochs", "epochs"]
    assert committed[-1] == {0, 1, 2}
    assert {0} in committed or engine == "stacked"  # of single runs each, as soon as it has ended
