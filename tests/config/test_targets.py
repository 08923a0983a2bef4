"""Other data, or another model, than those of the experiment."""

from pathlib import Path

import pytest

from src.config.composition import compose_run


@pytest.mark.parametrize("plug", ["data=breast_cancer", "model=perceptron"])
@pytest.mark.parametrize("own", ["hydra.sweeper.retrain=0", "+hydra.sweeper.params.seed='choice(0,1)'"])
def test_the_keys_of_a_search_stay_its_own(plug: str, own: str):
    run = compose_run("+experiment=smoke", plug, "+search=quick", own)
    block, _, name = plug.partition("=")
    assert run.plain()[block]["_target_"].lower().endswith(name)


def test_files_of_ones_own_are_found(tmp_path: Path):
    for group, text in (
        ("data", "defaults: [moons]\n"),
        ("experiment", "# @package _global_\nepochs: 2\n"),
    ):
        (tmp_path / group).mkdir()
        (tmp_path / group / "mine.yaml").write_text(text)
    run = compose_run("+experiment=mine", "data=mine", f"hydra.searchpath=[file://{tmp_path}]")
    assert (run.epochs, run.data["_target_"]) == (2, "src.data.sources.plane.moons")
