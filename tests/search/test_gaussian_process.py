"""How bad a very bad trial was is nothing that a Gaussian process should learn from."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from src.search.gaussian_process import GaussianProcess, winsorized

INF = float("inf")
SPACE = {"lr": FloatDistribution(0.0, 1.0)}


def seen(values, directions=("minimize",)):
    """The values that the sampler is told of trials that ended with these; None: pruned."""
    study = optuna.create_study(directions=list(directions))
    for given in values:
        state = TrialState.PRUNED if given is None else TrialState.COMPLETE
        study.add_trial(create_trial(values=given, state=state))
    return [trial.values for trial in winsorized(study)]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_is_far_worse_than_the_median_is_as_bad_as_the_bound(sign):
    values = [[sign * value] for value in (1.0, 2.0, 3.0, 7.0, 7.1)]
    bounded = [*values[:4], [sign * 7.0]]  # 3 + 2 (3 - 1)
    assert seen(values, ["minimize" if sign > 0 else "maximize"]) == bounded


def test_of_several_objectives_each_has_its_own_bound():
    values = [[1.0, -1.0], [2.0, -2.0], [9.0, -2.0], [2.0, -9.0]]
    assert seen(values, ["minimize", "maximize"]) == [[1.0, -1.0], [2.0, -2.0], [4.0, -2.0], [2.0, -4.0]]


def test_where_nothing_tells_how_far_is_far_all_stay():
    assert seen([]) == []
    assert seen([None, [INF], [INF], [1.0], [1.0]]) == [None, [INF], [INF], [1.0], [1.0]]


def test_infinite_losses_are_far():
    assert seen([[1.0], [2.0], [3.0], [INF], [INF], [INF]])[3:] == [[4.0]] * 3


def test_where_most_are_as_good_as_the_best_the_others_are_told_apart():
    values = [[0.5], [0.6], [0.7], [0.8], *[[0.9]] * 8]
    assert seen(values, ["maximize"]) == values


def test_records_are_as_they_were_and_one_outlier_hides_no_difference():
    def least(outlier):
        study = optuna.create_study(sampler=GaussianProcess(seed=0, n_startup_trials=4))
        study.add_trial(create_trial(params={"lr": 1.0}, distributions=SPACE, value=outlier))
        for _ in range(14):
            trial = study.ask(SPACE)
            study.tell(trial, (trial.params["lr"] - 0.3) ** 2)
        assert study.trials[0].value == outlier
        return study.best_value

    assert least(1e9) == least(1e6) < 1e-6
