"""A study goes on with the space, the settings and the data that it began with."""

from typing import Any

import optuna
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution

from src.config.composition import compose_run
from src.search.settings import Samplers, Settings
from src.search.space import read_space
from src.search.unchanged_settings import check_unchanged_settings, check_whole_grid

PARSER = OverridesParser.create()
LR = "optimizer.lr=interval(0.001, 0.1)"


def settings(**given: Any) -> Settings:
    before = dict.fromkeys(Settings.model_fields)
    return Settings(**{
        **before, "sampler": "tpe", "n_trials": 4, "max_failure_rate": 1.0, "repeats": 1, "resume": "continue",
        "retrain": 0, **given,
    })  # fmt: skip


def check(study: optuna.Study, *keys: str, space: tuple[str, ...] = (LR,), digest: str = "a", **given: Any) -> None:
    base = compose_run("+experiment=smoke", *keys)
    check_unchanged_settings(study, base, read_space(PARSER, {}, space), settings(**given), data_digest=digest)


@pytest.fixture
def study() -> optuna.Study:
    begun = optuna.create_study()
    check(begun)
    return begun


def test_the_same_settings_go_on_and_write_nothing(study: optuna.Study):
    before = study.user_attrs
    check(study)
    check(study, "tracking.enabled=false", n_trials=9)
    assert study.user_attrs == before


@pytest.mark.parametrize("resume", ["continue", "force"])
def test_data_that_changed_under_their_path_are_refused(study: optuna.Study, resume: str):
    with pytest.raises(
        ValueError, match="data: the content of its files has changed; hydra.sweeper.resume=fresh"
    ) as told:
        check(study, digest="b", resume=resume)
    assert "force" not in str(told.value)
    check(study)


def test_other_settings_are_refused_unless_they_are_forced(study: optuna.Study):
    with pytest.raises(ValueError, match=r"batch_size: 16 \(was 64\); hydra.sweeper.resume=fresh .*force goes on"):
        check(study, "batch_size=16")
    check(study, "batch_size=16", resume="force")
    check(study, "batch_size=16")


@pytest.mark.parametrize(
    "given",
    [{"repeats": 2}, {"constraints": {"num_params": 9.0}}, {"space": ("optimizer.lr=tag(log, interval(0.001, 0.1))",)}],
)
def test_what_trials_are_judged_by_is_never_forced(study: optuna.Study, given: dict[str, Any]):
    with pytest.raises(ValueError, match="hydra.sweeper.resume=fresh begins another study.$"):
        check(study, resume="force", **given)


def test_other_data_may_be_forced_by_their_settings(study: optuna.Study):
    seed = "data.split_seed=9"
    with pytest.raises(ValueError, match=r"but got data.split_seed: 9 \(was \w+\); "):
        check(study, seed, digest="b")
    check(study, seed, digest="b", resume="force")


@pytest.mark.parametrize("before", ["grid", "random"])
def test_a_grid_goes_on_with_a_grid_alone(before: str):
    space = {"lr": CategoricalDistribution([0.1, 0.2, 0.3])}
    study = optuna.create_study(sampler=Samplers(before, space, 0)(0))
    study.tell(study.ask(space), 1.0)
    study.enqueue_trial({"lr": 0.2})  # as one that was broken off is
    study.tell(study.ask(space), 1.0)
    check_whole_grid(study, Samplers("tpe", space, 0))
    if before == "grid":
        check_whole_grid(study, Samplers("grid", space, 0))
        return
    with pytest.raises(
        ValueError, match=r"hydra.sweeper.sampler: must be another than grid .* 1 trials are of another"
    ):
        check_whole_grid(study, Samplers("grid", space, 0))
