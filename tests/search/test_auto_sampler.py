"""What `sampler=auto` takes."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from src.search.auto_sampler import fitting_sampler

RATE = FloatDistribution(1e-4, 1e-1, log=True)
LAYERS = IntDistribution(1, 3)
NAMES = CategoricalDistribution(["adam", "sgd"])


@pytest.mark.parametrize(
    ("space", "n_trials", "objectives", "name"),
    [
        ({"lr": RATE, "layers": LAYERS}, 40, 1, "gp"),
        ({"lr": RATE, "layers": LAYERS}, 201, 1, "tpe"),
        ({str(number): RATE for number in range(7)}, 40, 1, "tpe"),
        ({"lr": RATE, "name": NAMES}, 40, 1, "tpe"),
        ({"lr": RATE, "layers": LAYERS}, 40, 2, "tpe"),
        ({"name": NAMES, "layers": LAYERS}, 5, 1, "tpe"),
        ({"name": NAMES, "layers": LAYERS}, 6, 1, "grid"),
        ({"layers": LAYERS}, 2, 1, "gp"),
        ({}, 5, 1, "grid"),
    ],
)
def test_it_fits_the_space_and_the_number_of_trials(space, n_trials, objectives, name):
    assert fitting_sampler(space, n_trials, objectives=objectives)[0] == name
