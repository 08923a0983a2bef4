"""Which runs are trained together."""

import pytest

from src.config.composition import compose_run
from src.data.reading import LastRead
from src.engines.dispatch import kind_of

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
