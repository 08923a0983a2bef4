import pytest
import torch
from torch import Tensor

from src.models.activations import ACTIVATIONS, activation
from src.models.initialisers import initialiser
from src.models.perceptron import Perceptron, rosenblatt
from src.randomness import Purpose, key

CORNERS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.fixture(autouse=True)
def _same_inputs_every_time() -> None:
    torch.manual_seed(0)


def perceptron(**changes) -> Perceptron:
    arguments = {"activation": "sigmoid", "init": "glorot_uniform", "bias": True, "seed": 0} | changes
    return Perceptron(6, 2, **arguments)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_is_the_activation_of_the_weighted_sum(name):
    model = perceptron(activation=name).double()
    bias = torch.tensor([0.7, -0.4], dtype=torch.float64)
    with torch.no_grad():
        model.linear.bias.copy_(bias)
    inputs = torch.randn(9, 2, 3, dtype=torch.float64)
    sums = (inputs.view(9, 1, 6) * model.linear.weight).sum(2) + bias
    torch.testing.assert_close(model(inputs), activation(name)(sums))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_at_zero_the_output_is_that_of_the_bias(name):
    model = perceptron(activation=name)
    with torch.no_grad():
        model.linear.bias.copy_(torch.tensor([0.7, -0.4]))
    assert torch.equal(model(torch.zeros(1, 6))[0], activation(name)(model.linear.bias))
    unbiased = perceptron(activation=name, bias=False)
    assert torch.equal(unbiased(torch.zeros(1, 6))[0], activation(name)(torch.zeros(2)))


def test_weights_are_those_of_the_seed():
    model = perceptron(seed=5)
    expected = initialiser("glorot_uniform")(key(5, Purpose.WEIGHTS, 0), 2, 6).float()
    assert torch.equal(model.first_layer_weight, expected)
    assert model.linear.bias.tolist() == [0.0, 0.0]
    assert not torch.equal(perceptron(seed=6).first_layer_weight, expected)


def separable(num_examples: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(3 * num_examples, 4, generator=generator, dtype=torch.float64)
    score = inputs @ torch.tensor([1.0, -2.0, 0.5, 1.5], dtype=torch.float64) + 0.3
    far = score.abs() > 0.5
    return inputs[far][:num_examples], (score[far] > 0)[:num_examples].long()


@pytest.mark.parametrize("with_bias", [True, False])
def test_one_pass_equals_the_textbook_loop(with_bias):
    inputs, labels = separable(40)
    weight, bias = [0.1, -0.2, 0.3, 0.4], 0.05 if with_bias else 0.0
    updated, offset, corrections = rosenblatt(
        torch.tensor(weight).double(), torch.tensor(bias).double() if with_bias else None, inputs, labels, lr=0.1
    )
    mistakes = 0
    for x, y in zip(inputs.tolist(), labels.tolist(), strict=True):
        guess = 1 if sum(w * v for w, v in zip(weight, x, strict=True)) + bias >= 0 else 0
        mistakes += guess != y
        weight = [w + 0.1 * (y - guess) * v for w, v in zip(weight, x, strict=True)]
        bias += 0.1 * (y - guess) * with_bias
    assert mistakes > 0
    assert int(corrections) == mistakes
    torch.testing.assert_close(updated, torch.tensor(weight).double())
    assert (offset is None) != with_bias
    if offset is not None:
        assert float(offset) == pytest.approx(bias)


def passes(inputs: Tensor, labels: Tensor, limit: int) -> list[int]:
    weight, bias = inputs.new_zeros(inputs.shape[1]), inputs.new_zeros(())
    counts = []
    for _ in range(limit):
        weight, bias, corrections = rosenblatt(weight, bias, inputs, labels, lr=1.0)
        counts.append(int(corrections))
    return counts


def test_converges_on_a_separable_set_within_novikoffs_bound():
    inputs, labels = separable(100)
    counts = passes(inputs, labels, 60)
    assert counts[-1] == 0
    # Novikoff 1962: at most (R / margin)² corrections, for any separating plane, the constant input included.
    plane = torch.tensor([1.0, -2.0, 0.5, 1.5, 0.3], dtype=torch.float64)
    extended = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=torch.float64)], 1)
    margin = (extended @ plane).abs().min() / plane.norm()
    assert sum(counts) <= float((extended.norm(dim=1).max() / margin) ** 2)


@pytest.mark.parametrize(("labels", "learns"), [([0, 0, 0, 1], True), ([0, 1, 1, 1], True), ([0, 1, 1, 0], False)])
def test_learns_and_and_or_but_never_xor(labels, learns):
    counts = passes(CORNERS, torch.tensor(labels), 50)
    assert (min(counts) == 0) == learns


def test_the_rule_runs_for_many_members_at_once():
    inputs, labels = separable(30)
    weights, biases = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    lr = torch.tensor([0.1, 0.5, 1.0], dtype=torch.float64)
    stacked = torch.func.vmap(lambda w, b, r: rosenblatt(w, b, inputs, labels, r))(weights, biases, lr)
    for member in range(3):
        alone = rosenblatt(weights[member], biases[member], inputs, labels, lr[member])
        for together, single in zip(stacked, alone, strict=True):
            torch.testing.assert_close(together[member], single)
