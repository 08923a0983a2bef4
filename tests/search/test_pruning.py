"""A pruner whose settings leave it nothing to do is told of, and no other: Optuna itself is asked."""

from collections.abc import Mapping
from typing import Any

import optuna
import pytest

from src.config.composition import compose_run
from src.search.pruning import why_idle
from src.search.settings import Settings, pruner_of

EPOCHS, TRIALS = 9, 12
RUN = compose_run("data=blobs", f"epochs={EPOCHS}")
OTHERS = dict.fromkeys(Settings.model_fields)
PLAIN = {"sampler": "random", "max_failure_rate": 1.0, "resume": "continue", "retrain": 0}


def settings_of(pruner: Mapping[str, Any], **more: Any) -> Settings:
    return Settings(**{**OTHERS, **PLAIN, "n_trials": TRIALS, "repeats": 1, "pruner": dict(pruner), **more})


def ends_early(pruner: optuna.pruners.BasePruner, steps: int) -> bool:
    """Whether it ends one of many trials, each worse than those before it and none of which improves, before the last step."""
    study = optuna.create_study(pruner=pruner)
    for number in range(TRIALS):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        for step in range(1, steps):
            trial.report(float(100 * number + step), step)
            if trial.should_prune():
                return True
        study.tell(trial, float(100 * number + steps))
    return False


@pytest.mark.parametrize(
    ("name", "setting", "last"),
    [
        ("halving", "min_resource", EPOCHS - 1),
        ("hyperband", "min_resource", EPOCHS - 1),
        ("median", "n_warmup_steps", EPOCHS - 1),
        ("percentile", "n_warmup_steps", EPOCHS - 1),
        ("patient", "patience", EPOCHS - 3),
        ("median", "n_startup_trials", TRIALS - 1),
    ],
)
def test_it_is_told_of_where_it_ends_no_trial_early(name: str, setting: str, last: int):
    for value, is_idle in ((last, False), (last + 1, True)):
        settings = settings_of({"name": name, setting: value, **({"wrapped": None} if name == "patient" else {})})
        assert ends_early(pruner_of(settings, ["val/loss"]), EPOCHS) is not is_idle
        told = list(why_idle(settings, RUN))
        assert len(told) == is_idle, told
        assert all(f"{name} ends no trial early, by {setting}={value} and " in line for line in told)


def test_one_that_compares_seeds_needs_some():
    assert len(list(why_idle(settings_of({"name": "wilcoxon"}), RUN))) == 1
    assert list(why_idle(settings_of({"name": "wilcoxon"}, repeats=3), RUN)) == []
