import pytest
from torch import nn

from src.artifacts.images import first_layer
from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.runs.build import build_run_model

KERNELS = {"mlp": (8, 8), "perceptron": (8, 8), "cnn": (3, 3), "mixer": (4, 4)}


@pytest.mark.parametrize("model", KERNELS)
def test_a_first_layer_is_drawn_as_what_it_sees(model):
    run = compose_run("data=digits", f"model={model}")
    dataset = read_dataset(run.data)
    figure = first_layer(build_run_model(run, dataset), dataset.input_shape, "digits", "")
    drawn = [image.get_array().shape for image in figure.axes[0].images]
    assert set(drawn) == {KERNELS[model]}
    assert len(drawn) == {"perceptron": 10, "cnn": 16}.get(model, 32)


def test_a_model_without_a_first_layer_has_no_picture():
    assert first_layer(nn.Flatten(), (1, 8, 8), "none", "") is None
