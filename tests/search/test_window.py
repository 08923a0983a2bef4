"""Of a long study a sampler sees the best and the latest trials, a pruner the latest."""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from src.search import window
from src.search.window import View, WindowedPruner, WindowedSampler, best_and_latest, latest


def study_of(values, direction="minimize"):
    """A study whose trials ended with these values; None: pruned."""
    study = optuna.create_study(direction=direction)
    for value in values:
        state = TrialState.PRUNED if value is None else TrialState.COMPLETE
        study.add_trial(create_trial(value=value, state=state, intermediate_values={0: value or 0.0}))
    return study


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Windows of six trials, of which two are the best."""
    monkeypatch.setattr(window, "SEEN", 6)
    monkeypatch.setattr(window, "BEST", 2)


@pytest.mark.parametrize(("direction", "best"), [("minimize", [1, 3]), ("maximize", [0, 2])])
def test_a_sampler_sees_the_best_and_the_latest_by_number(direction, best):
    study = study_of([9.0, 1.0, 8.0, 2.0, None, 5.0, 5.0, 5.0, 5.0, 5.0], direction)
    seen = [trial.number for trial in View(study, best_and_latest).get_trials()]
    assert seen == [*best, 6, 7, 8, 9]


def test_the_best_are_not_seen_twice_where_they_are_the_latest():
    study = study_of([9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 2.0])
    assert [trial.number for trial in View(study, best_and_latest).get_trials()] == [2, 3, 4, 5, 6, 7]


def test_a_short_study_and_one_of_several_objectives_are_seen_whole():
    assert len(View(study_of([1.0] * 6), best_and_latest).get_trials()) == 6
    several = optuna.create_study(directions=["minimize", "maximize"])
    for _ in range(8):
        several.add_trial(create_trial(values=[1.0, 2.0]))
    assert len(View(several, best_and_latest).get_trials()) == 8


def test_a_view_gives_the_states_that_are_asked_for():
    view = View(study_of([1.0, None, 3.0]), latest)
    assert [trial.number for trial in view.get_trials(states=(TrialState.PRUNED,))] == [1]
    assert view.direction == optuna.study.StudyDirection.MINIMIZE


def test_a_pruner_compares_with_the_latest():
    study = study_of(
        [0.0] * 10 + [9.0] * 6
    )  # a value of 5 is worse than the median of all, better than that of the latest
    trial = study.ask()
    trial.report(5.0, 0)
    frozen = study.get_trials()[trial.number]
    median = optuna.pruners.MedianPruner(n_startup_trials=2)
    assert median.prune(study, frozen)
    assert not WindowedPruner(median).prune(study, frozen)


def test_what_is_against_constraints_takes_no_place_of_the_best():
    study = optuna.create_study()
    for value, excess in [(3.0, -1.0), (4.0, 0.0), (1.0, 2.0), (2.0, 1.0), *[(9.0, 1.0)] * 6]:
        trial = study.ask()
        trial.set_constraint("num_params", excess)
        study.tell(trial, value)
    seen = [trial.number for trial in View(study, best_and_latest).get_trials()]
    assert seen == [0, 1, 6, 7, 8, 9]


def test_a_sampler_that_is_kept_sees_each_trial_that_came_before():
    seen = []

    class Looking(optuna.samplers.RandomSampler):
        def sample_independent(self, study, trial, param_name, param_distribution):
            seen.append(len(study.get_trials(states=(TrialState.COMPLETE,))))
            return super().sample_independent(study, trial, param_name, param_distribution)

    study = optuna.create_study(sampler=WindowedSampler(Looking(seed=0)))
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=4)
    assert seen == [0, 1, 2, 3]
