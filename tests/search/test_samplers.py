"""Every sampler and every pruner by its name: repeatable with a seed, and inside its space."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from src.search.samplers import PRUNERS, SAMPLERS, build_pruner, build_sampler

SPACE = {
    "lr": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.5, step=0.25),
    "layers": IntDistribution(1, 3),
}
STEPS = {name: SPACE[name] for name in ("dropout", "layers")}


def sampled(name: str, seed: int, trials: int = 15) -> list[dict[str, float]]:
    space = STEPS if name == "grid" else SPACE
    study = optuna.create_study(sampler=build_sampler(name, {}, space, seed))
    for _ in range(trials):
        trial = study.ask(space)
        study.tell(trial, sum(float(value) ** 2 for value in trial.params.values()))
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_is_repeatable_with_a_seed(name: str):
    first, again, other = sampled(name, 1), sampled(name, 1), sampled(name, 2)
    assert first == again
    assert first != other
    for params in first:
        assert all(SPACE[key]._contains(SPACE[key].to_internal_repr(value)) for key, value in params.items())


def test_a_grid_has_both_ends_of_every_range_once():
    found = sampled("grid", 0, trials=9)
    assert {(params["dropout"], params["layers"]) for params in found} == {
        (dropout, layers) for dropout in (0.0, 0.25, 0.5) for layers in (1, 2, 3)
    }
    choices = {"name": CategoricalDistribution(["adam", "sgd"])}
    study = optuna.create_study(sampler=build_sampler("grid", {}, choices, 0))
    assert {study.ask(choices).params["name"] for _ in range(2)} == {"adam", "sgd"}


@pytest.mark.parametrize("name", PRUNERS)
def test_a_pruner_stops_the_hopeless_or_says_why_not(name: str):
    pruner = build_pruner(name, {"patience": 1} if name == "patient" else {})
    study = optuna.create_study(pruner=pruner)
    for number in range(12):
        trial = study.ask()
        hopeless = number == 11
        pruned = False
        for epoch in range(1, 11):
            trial.report(100.0 + epoch if hopeless else 1.0 / epoch, epoch)
            pruned = trial.should_prune()
            if pruned:
                break
        study.tell(trial, None if pruned else 1.0, state=optuna.trial.TrialState.PRUNED if pruned else None)
    assert pruned == (name != "none")


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: build_sampler("tpee", {}, SPACE, 0), "hydra.sweeper.sampler: must be one of tpe, random, grid"),
        (lambda: build_sampler("tpe", {"no": 1}, SPACE, 0), "hydra.sweeper.sampler: tpe must know its settings"),
        (lambda: build_sampler("grid", {}, SPACE, 0), "lr: must be a choice or a range for the sampler grid"),
        (lambda: build_pruner("mediann", {}), "hydra.sweeper.pruner: must be one of none, halving"),
        (lambda: build_pruner("median", {"no": 1}), "hydra.sweeper.pruner: median must know its settings"),
    ],
)
def test_a_mistake_is_told(call: object, rule: str):
    with pytest.raises(ValueError, match=rule):
        call()
