"""Of a long study a sampler sees the best and the latest trials, a pruner the latest."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from src.search import window
from src.search.view import View
from src.search.window import Window, WindowedPruner, WindowedSampler, within


def study_of(values, direction="minimize"):
    """A study whose trials ended with these values; None: pruned."""
    study = optuna.create_study(direction=direction)
    for value in values:
        state = TrialState.PRUNED if value is None else TrialState.COMPLETE
        study.add_trial(create_trial(value=value, state=state, intermediate_values={0: value or 0.0}))
    return study


def seen_of(study):
    """The numbers of the trials that a sampler sees."""
    return [trial.number for trial in Window().best_and_latest(study)]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Windows of six trials, of which two are the best."""
    monkeypatch.setattr(window, "SEEN", 6)
    monkeypatch.setattr(window, "BEST", 2)


@pytest.mark.parametrize(("direction", "best"), [("minimize", [1, 3]), ("maximize", [0, 2])])
def test_a_sampler_sees_the_best_and_the_latest_by_number(direction, best):
    study = study_of([9.0, 1.0, 8.0, 2.0, None, 5.0, 5.0, 5.0, 5.0, 5.0], direction)
    assert seen_of(study) == [*best, 6, 7, 8, 9]


def test_the_best_are_not_seen_twice_where_they_are_the_latest():
    study = study_of([9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 1.0, 2.0])
    assert seen_of(study) == [2, 3, 4, 5, 6, 7]


def test_a_short_study_is_seen_whole():
    assert seen_of(study_of([1.0] * 6)) == [0, 1, 2, 3, 4, 5]


def test_of_several_objectives_the_best_are_those_that_no_other_beats():
    study = optuna.create_study(directions=["minimize", "maximize"])
    for values in [(3.0, 3.0), (1.0, 1.0), (2.0, 2.0), (2.0, 1.9), (3.0, 2.0), *[(9.0, 0.0)] * 6]:
        study.add_trial(create_trial(values=values))
    assert seen_of(study) == [1, 2, 7, 8, 9, 10]  # of three that are beaten by none, the last two


def test_a_trial_is_ranked_when_it_has_ended():
    study, window = study_of([9.0] * 6), Window()
    open_trial = study.ask()
    for value in (5.0, 6.0):
        window.best_and_latest(study)
        study.tell(study.ask(), value)
    study.tell(open_trial, 1.0)
    for _ in range(6):
        window.best_and_latest(study)
        study.tell(study.ask(), 9.0)
    assert [trial.number for trial in window.best_and_latest(study)][:2] == [6, 7]


def test_the_shared_space_is_known_without_a_look_at_all_trials():
    study, window, narrow = optuna.create_study(), Window(), {"x": FloatDistribution(0.0, 1.0)}
    for space in ({**narrow, "y": FloatDistribution(0.0, 1.0)}, narrow):
        for _ in range(20):
            study.tell(study.ask(space), 1.0)
    assert [trial.number for trial in window.spaces(study)] == [0, 20]
    trial = study.get_trials()[-1]
    sampler = optuna.samplers.TPESampler()
    whole = sampler.infer_relative_search_space(study, trial)
    assert within(window, optuna.samplers.TPESampler()).infer_relative_search_space(study, trial) == whole == narrow


def test_a_view_gives_the_states_that_are_asked_for():
    view = View(study_of([1.0, None, 3.0]), lambda study: study.get_trials())
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
    assert seen_of(study) == [0, 1, 6, 7, 8, 9]


def test_a_sampler_that_is_kept_sees_each_trial_that_came_before():
    seen = []

    class Looking(optuna.samplers.RandomSampler):
        def sample_independent(self, study, trial, param_name, param_distribution):
            seen.append(len(study.get_trials(states=(TrialState.COMPLETE,))))
            return super().sample_independent(study, trial, param_name, param_distribution)

    study = optuna.create_study(sampler=WindowedSampler(Looking(seed=0), Window()))
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=4)
    assert seen == [0, 1, 2, 3]
