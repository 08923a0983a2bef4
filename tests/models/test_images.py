"""Models of images: what they compute, alone and as members of a stack."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, gelu, layer_norm, linear, unfold

from src.models.cnn import CNN, NORMS
from src.models.dropout import dropout_layers, set_rows
from src.models.images import patches
from src.models.initialisers import initialiser
from src.models.mixer import MLPMixer
from src.randomness import Purpose, key, row_keys
from tests.models.stacking import assert_gradients_as_alone

SHAPE = (2, 8, 12)
IMAGES = torch.randn(5, *SHAPE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
CNN_ARGUMENTS = {"channels": (3, 4), "convs_per_stage": 2, "kernel_size": 3, "activation": "relu", "init": "he_normal"}
MIXER_SIZES = {"patch_size": 4, "hidden_dim": 5, "num_blocks": 2, "tokens_mlp_dim": 3, "channels_mlp_dim": 7}


def cnn(shape=SHAPE, **changes) -> CNN:
    return CNN(shape, 3, **{**CNN_ARGUMENTS, "dropout": 0.0, "norm": None, "seed": 0, **changes})


def mixer(shape=SHAPE, **changes) -> MLPMixer:
    arguments = {**MIXER_SIZES, "activation": "gelu", "init": "lecun_normal", "dropout": 0.0, "seed": 0}
    return MLPMixer(shape, 3, **{**arguments, **changes})


MODELS = {
    "cnn": cnn,
    "cnn, layer norm": lambda **changes: cnn(norm="layer", **changes),
    "cnn, instance norm": lambda **changes: cnn(norm="instance", **changes),
    "mixer": mixer,
}


def shaken(model: nn.Module) -> nn.Module:
    """In double precision, away from biases and norms that are born 0 and 1 and would hide mistakes."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.double().parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return model


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_a_cnn_is_torchs_layers_one_after_another(norm, kernel_size):
    model = shaken(cnn(norm=norm, kernel_size=kernel_size))
    values = [value.detach() for value in model.parameters()]
    x, layer = IMAGES, 2 if norm == "none" else 4
    for number in range(4):
        weight, bias, *scale = values[number * layer : (number + 1) * layer]
        x = conv2d(nn.functional.max_pool2d(x, 2) if number == 2 else x, weight, bias, padding="same")
        if norm == "layer":
            x = nn.functional.group_norm(x, 1, *scale)
        if norm == "instance":
            x = nn.functional.instance_norm(x, weight=scale[0], bias=scale[1])
        x = x.relu()
    pooled = nn.functional.adaptive_avg_pool2d(x, 1).flatten(1)
    torch.testing.assert_close(model(IMAGES), linear(pooled, *values[-2:]))


def test_patches_are_those_of_unfold():
    torch.testing.assert_close(patches(IMAGES, 4), unfold(IMAGES, 4, stride=4).mT)


def test_a_mixer_is_the_papers_equations():
    model = shaken(mixer())
    values = dict(model.named_parameters())

    def of(name: str, x: Tensor) -> Tensor:
        return linear(x, values[f"{name}.weight"], values[f"{name}.bias"])

    def normed(name: str, x: Tensor) -> Tensor:
        return layer_norm(x, (5,), values[f"{name}.weight"], values[f"{name}.bias"])

    x = unfold(IMAGES, 4, stride=4).mT @ values["embedding.weight"].T + values["embedding.bias"]
    for block in ("blocks.0", "blocks.1"):
        columns = normed(f"{block}.norm_of_tokens", x).transpose(1, 2)
        mixed = of(f"{block}.over_tokens.output", gelu(of(f"{block}.over_tokens.hidden", columns)))
        u = x + mixed.transpose(1, 2)
        rows = normed(f"{block}.norm_of_channels", u)
        x = u + of(f"{block}.over_channels.output", gelu(of(f"{block}.over_channels.hidden", rows)))
    torch.testing.assert_close(model(IMAGES), of("output", normed("norm", x).mean(1)))


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_each_layer_is_drawn_with_its_own_key(build):
    before = torch.get_rng_state()
    model = build(init="glorot_normal", seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    layers = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    assert len(layers) == (5 if isinstance(model, CNN) else 2 + 4 * 2)
    for number, layer in enumerate(layers):
        flat = layer.weight.flatten(1)
        expected = initialiser("glorot_normal")(key(3, Purpose.WEIGHTS, number), *flat.shape)
        assert torch.equal(flat, expected.float())
        assert not layer.bias.any()


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_a_member_of_a_stack_gives_the_gradient_that_it_gives_alone(build):
    members = [build(dropout=0.1 + 0.2 * seed, seed=seed).double() for seed in range(3)]
    assert_gradients_as_alone(members, torch.stack([IMAGES, IMAGES.flip(0), IMAGES + 1]))


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_no_two_dropout_layers_share_a_mask(build):
    layers = dropout_layers(build(dropout=0.5))
    assert [layer.layer for layer in layers] == list(range(len(layers)))
    model = build(dropout=0.5).double()
    set_rows(dropout_layers(model), row_keys(0, torch.arange(5)))
    assert not torch.equal(model(IMAGES), model.eval()(IMAGES))


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_it_says_how_many_numbers_it_makes_of_a_row(build):
    model, most = build(), 0

    def count(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal most
        most = max(most, output[0].numel())

    for module in model.modules():
        module.register_forward_hook(count)
    model(IMAGES.float())
    assert model.numbers_per_row == most


def test_first_layers_are_pictures():
    assert cnn().first_layer_weight.shape == (3, 2, 3, 3)
    model = mixer()
    of_conv = conv2d(IMAGES.float(), model.first_layer_weight, stride=4).flatten(2).mT
    torch.testing.assert_close(of_conv, model.embedding(patches(IMAGES.float(), 4)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: cnn((30,)),
            r"model: must be given images, channels x height x width, but got inputs of shape \(30,\)\.",
        ),
        (lambda: mixer((30,)), "model: must be given images"),
        (lambda: mixer(patch_size=3), r"patch_size: must divide the height and width of the images, 8x12, but got 3\."),
        (lambda: mixer(patch_size=8), "patch_size: must divide"),
        (
            lambda: cnn(channels=(2, 2, 2, 2, 2)),
            r"channels: must have at most 4 stages for images of 8x12, but got \[2, 2, 2, 2, 2\]\.",
        ),
        (lambda: cnn(norm="batch"), r"norm: must be one of none, layer, instance, but got 'batch'\."),
        (
            lambda: cnn(norm="instance", channels=(2, 2, 2, 2)),
            "norm: must be layer or null where the last stage has one",
        ),
    ],
)
def test_wrong_arguments_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_as_many_stages_as_are_allowed():
    assert cnn(channels=(2, 2, 2, 2))(IMAGES.float()).shape == (5, 3)
