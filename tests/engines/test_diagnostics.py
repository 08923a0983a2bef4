"""What goes on in the layers is the same in every engine, and looking changes nothing."""

import pytest

from src.models.probe import FIGURES
from tests.engines.test_averaging import trained
from tests.engines.test_contract import ENGINES


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looked")
    return {engine: trained(engine, folder / engine, "diagnostics=true").progress.history for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_sees_the_same(engine, looked_at):
    first, own = looked_at[ENGINES[0]], looked_at[engine]
    for row, its in zip(own, first, strict=True):
        assert list(row) == list(its)
        figures = {name: value for name, value in row.items() if name.partition("/")[0] in FIGURES}
        assert {name.partition("/")[0] for name in figures} == FIGURES.keys()
        assert figures == pytest.approx({name: its[name] for name in figures}, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_looking_changes_nothing_of_the_training(engine, looked_at, tmp_path):
    plain = trained(engine, tmp_path, "diagnostics=false").progress.history
    for row, its in zip(looked_at[engine], plain, strict=True):
        assert {name: row[name] for name in its if name != "epoch_seconds"} == {
            name: value for name, value in its.items() if name != "epoch_seconds"
        }
