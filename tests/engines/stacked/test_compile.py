"""`trainer.compile`: the same numbers through torch.compile, and a clear word where nothing can compile."""

import pytest
import torch

from src.config.composition import compose_run
from src.config.errors import report_errors
from src.data.reading import read_dataset
from src.engines.build import stack_spec
from src.engines.single.engine import fit_unrecorded
from src.runs.build import check_compiler
from tests.engines.stacked.heard import train
from tests.engines.stacked.test_company import assert_same_curve

KEYS = ["data=breast_cancer", "model.widths=[8,8]", "model.dropout=0.2", "epochs=2", "optimizer=adamw"]
KEYS += ["optimizer.weight_decay=0.1", "trainer.precision=64-true", "trainer.accelerator=cpu", "tracking.enabled=false"]


def together(*more: str) -> list:
    runs = [compose_run(*KEYS, f"seed={seed}", *more) for seed in range(3)]
    heard = train(runs, read_dataset(runs[0].data))
    return [heard.progress(seed) for seed in range(3)]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning:torch")
def test_a_compiled_stack_and_a_compiled_run_have_the_curves_of_one_that_is_not():
    plain, compiled = together(), together("trainer.compile=true")
    for seed, (one, other) in enumerate(zip(plain, compiled, strict=True)):
        assert_same_curve(other, one, fit_unrecorded(compose_run(*KEYS, f"seed={seed}")).progress)
    alone = fit_unrecorded(compose_run(*KEYS, "seed=0", "trainer.compile=true")).progress
    assert_same_curve(alone, plain[0], compiled[0])


def test_compiled_jobs_have_a_stack_of_their_own():
    assert stack_spec(compose_run(*KEYS)) != stack_spec(compose_run(*KEYS, "trainer.compile=true"))


def test_without_a_compiler_nothing_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SystemExit), report_errors():
        check_compiler(torch.device("cpu"))
    assert (
        "trainer.compile: on CPUs a C++ compiler must be installed, but got no no-such-compiler"
        in capsys.readouterr().err
    )
    together()  # what is not compiled needs none
    with pytest.raises(ValueError, match="a C\\+\\+ compiler must be installed"):
        together("trainer.compile=true")
