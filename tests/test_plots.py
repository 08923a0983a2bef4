"""What the figures show, not their pixels."""

import numpy as np
import pandas as pd
import pytest

from src.plots import (
    STYLES,
    band,
    confusion,
    image_sheet,
    importance_bars,
    layer_curves,
    layer_figures,
    loss_curve,
    objective_against,
    panels,
    points,
    trial_curves,
)
from src.plots.layers import PANELS


def history(val: list[float], **columns: list[float]) -> pd.DataFrame:
    epochs = range(1, len(val) + 1)
    return pd.DataFrame({"epoch": epochs, "train/loss": [1 / epoch for epoch in epochs], "val/loss": val, **columns})


def test_a_loss_curve_marks_the_best_and_the_stopping_epoch():
    (axes,) = loss_curve(history([3.0, 1.0, 2.0, 2.5]), best_epoch=2, title="phantom", note="simulated data").axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines["val"].get_ydata()) == [3.0, 1.0, 2.0, 2.5]
    assert list(lines["train (in training mode)"].get_xdata()) == [1, 2, 3, 4]
    assert set(lines["best epoch 2"].get_xdata()) == {2}
    assert set(lines["stopped at epoch 4"].get_xdata()) == {4}
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("epoch", "loss per example", "phantom")
    assert axes.figure.get_supxlabel() == "simulated data"


def test_the_evaluated_training_loss_is_drawn_where_it_was_computed():
    (axes,) = loss_curve(history([3.0, 1.0]), best_epoch=2, title="t", keeps_last=True).axes
    assert "last epoch 2, which is kept" in {line.get_label() for line in axes.get_lines()}
    (axes,) = loss_curve(history([3.0, 1.0], **{"train/loss_eval": [0.7, 0.6]}), best_epoch=2, title="t").axes
    (line,) = (line for line in axes.get_lines() if line.get_label() == "train (evaluated)")
    assert list(line.get_ydata()) == [0.7, 0.6]


def test_every_figure_of_the_layers_has_a_panel_and_every_layer_its_curve():
    names = [
        "gradient_norm/a",
        "gradient_norm/b",
        "dead_share/a",
        *(f"weight_{end}/a" for end in ("p05", "p50", "p95")),
    ]
    figure = layer_curves(history([0.5, 0.4], **{name: [0.1, 0.2] for name in names}), "title")
    assert layer_figures(history([0.5], lr=[0.1])) == {}
    assert len(figure.axes) == len(PANELS)
    labels = {axes.get_ylabel(): [line.get_label() for line in axes.get_lines()] for axes in figure.axes}
    assert labels[PANELS["gradient_norm"][0]] == ["a", "b"]
    assert labels[PANELS["weight"][0]] == labels[PANELS["dead_share"][0]] == ["a"]
    assert [axes.get_yscale() for axes in figure.axes[:3]] == ["log", "linear", "linear"]


def test_a_run_without_a_finite_epoch_is_drawn():
    figure = loss_curve(history([float("nan")]), best_epoch=None, title="diverged")
    figure.canvas.draw()
    labels = {line.get_label() for line in figure.axes[0].get_lines()}
    assert "stopped at epoch 1" in labels
    assert not any("best" in label for label in labels)


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (5, 5), (9, 9), (40, 32)])
def test_a_sheet_shows_up_to_32_captioned_images(count: int, shown: int):
    images = np.random.default_rng(0).random((count, 6, 5))
    figure = image_sheet(images, [f"image {number}" for number in range(count)], "title")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [f"image {number}" for number in range(shown)]
    for number, image in enumerate(axes.images):
        np.testing.assert_array_equal(image.get_array(), images[number])
        left, right, bottom, top = image.get_extent()
        assert (right - left) / (bottom - top) == pytest.approx(5 / 6)


def test_weights_share_one_scale_around_zero():
    figure = image_sheet(np.stack([np.full((4, 4), 0.2), np.full((4, 4), -3.0)]), ["a", "b"], "title", signed=True)
    assert {image.get_clim() for image in figure.axes[0].images} == {(-3.0, 3.0)}


def test_each_swept_key_has_its_axes_with_every_run_and_the_means():
    table = pd.DataFrame(
        {
            "optimizer.lr": [1e-4, 1e-4, 1e-2, 1e-2],
            "model.activation": ["relu", "tanh", "relu", "tanh"],
            "value": [0.4, 0.2, float("nan"), 0.1],
        }
    )
    figure = objective_against(table, "val/loss", "a sweep", "simulated data")
    figure.canvas.draw()
    lr, activation = figure.axes
    assert [axes.get_xlabel() for axes in (lr, activation)] == ["optimizer.lr", "model.activation"]
    assert lr.get_xscale() == "log"
    assert [label.get_text() for label in activation.get_xticklabels()] == ["relu", "tanh"]
    for axes, means in ((lr, [0.3, 0.1]), (activation, [0.4, 0.15])):
        dots, centres = axes.get_lines()
        assert len(dots.get_ydata()) == 4
        np.testing.assert_allclose(centres.get_ydata(), means)


def test_the_trials_of_a_search_are_told_apart_by_how_they_ended():
    curves = {0: [1.0, 0.5, 0.4], 1: [2.0], 2: [1.5, 0.3, 0.2], 3: [3.0, 1.0]}
    (axes,) = trial_curves(curves, ended={0, 2}, best=2, objective="val/loss").axes
    assert {line.get_label() for line in axes.get_lines() if line.get_label()[0] != "_"} == {
        "pruned (2)",
        "to the end (1)",
        "the best (1)",
    }
    crosses = sorted(
        (line.get_xdata()[0], line.get_ydata()[0]) for line in axes.get_lines() if line.get_marker() == "x"
    )
    assert crosses == [(1, 2.0), (2, 1.0)]
    assert axes.get_ylabel() == "val/loss"


@pytest.mark.parametrize("curves", [{0: [1.0], 1: [1.0]}, {0: [float("nan")]}, {0: [1.0, float("inf")]}], ids=str)
def test_trials_that_are_all_alike_or_not_finite_are_drawn_without_a_warning(curves):
    trial_curves(curves, ended={0}, best=0, objective="val/loss").canvas.draw()


def test_a_band_holds_the_middle_of_the_seeds():
    figure, (axes,) = panels(1, 1)
    band(axes, [1, 2], np.arange(20.0).reshape(10, 2), "a", STYLES[0])
    (line,) = axes.get_lines()
    np.testing.assert_allclose(line.get_ydata(), [9.0, 10.0])
    figure.canvas.draw()


def test_two_classes_are_told_apart_by_their_markers():
    _, (axes,) = panels(1, 1)
    points(axes, np.zeros((4, 2)), np.array([0, 1, 1, 1]))
    assert [len(drawn.get_offsets()) for drawn in axes.collections] == [1, 3]


def test_a_confusion_matrix_has_counts_and_shares_of_the_true_class():
    figure = confusion(np.array([[6, 2], [0, 5]]), ("$a$ well", "sick"), "t", note="simulated data")
    figure.canvas.draw()  # whatever a class is called
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["6\n75.0%", "2\n25.0%", "0\n0.0%", "5\n100.0%"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert figure.get_supxlabel() == "simulated data"


def test_many_classes_have_no_room_for_numbers():
    (axes,) = confusion(np.eye(40, dtype=int), tuple(map(str, range(40))), "t").axes
    assert len(axes.texts) == 0


def test_bars_of_importance_have_the_largest_on_top():
    table = pd.DataFrame({"column": ["age", "sex"], "importance": [0.2, 0.1], "sd": [0.02, 0.01], "metric": "auroc"})
    (axes,) = importance_bars(table, "t").axes
    assert [bar.get_width() for bar in axes.patches] == [0.1, 0.2]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sex", "age"]
    assert "AUROC" in axes.get_xlabel()


def test_a_long_note_stays_within_its_figure():
    note = "Train may lie above val: " + ", ".join(["it is the mean over an epoch in which the weights change"] * 3)
    figure = loss_curve(history([3.0, 1.0]), best_epoch=2, title="t", note=note)
    figure.canvas.draw()
    box = figure._supxlabel.get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
