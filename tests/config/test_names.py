"""The names that the configuration allows are the keys of the tables that use them."""

from typing import get_args

import pytest

from src.config import rules, schema
from src.losses import ERRORS, per_example
from src.metrics import DIRECTIONS
from src.models.activations import ACTIVATIONS
from src.models.initialisers import INITIALISERS


@pytest.mark.parametrize(
    ("names", "table"),
    [(schema.Activation, ACTIVATIONS), (schema.Initialiser, INITIALISERS), (schema.Objective, DIRECTIONS)],
)
def test_names_are_those_of_the_table(names, table):
    assert set(get_args(names)) == set(table)


def test_losses_are_those_that_some_task_takes():
    assert set(get_args(schema.Loss)) == {name for names in rules.LOSSES.values() for name in names}
    assert set(ERRORS) <= set(get_args(schema.Loss))
    for task, names in rules.LOSSES.items():
        assert all(per_example(name, task) for name in names)
