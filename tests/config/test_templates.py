"""Configurations made from one like them; that they are what Hydra composes stands in test_multirun."""

import pytest
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from src.config.composition import compose_run


@pytest.mark.parametrize("wrong", ["seed=1,2", "seed='${nothing:3}'", "lr=2", "model.widths=[3,", "optimizer=adem"])
def test_what_hydra_refuses_is_refused(wrong: str):
    compose_run("seed=1", "optimizer=adam", "model.widths=[3]")
    for _ in range(2):
        with pytest.raises((HydraException, OmegaConfBaseException, ValueError)):
            compose_run(wrong)


def test_one_that_is_changed_changes_no_other():
    once, again = compose_run("model.widths=[3]"), compose_run("model.widths=[4]")
    once.model["widths"].append(9)
    assert (again.model["widths"], compose_run("model.widths=[3]").model["widths"]) == ([4], [3])
