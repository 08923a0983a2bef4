"""Optimizers against their update rules, written out."""

import pytest
import torch

from src.engines.stacked.updates import UPDATES, Hyper, new_state
from src.optimizers import OPTIMIZERS, build_optimizer

LR, STEPS = 0.1, 6
START = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
CURVATURE = torch.tensor([1.0, 4.0, 0.3], dtype=torch.float64)


def sgd(w, g, t, s):
    return w - LR * g


def momentum(w, g, t, s):
    s["v"] = g if t == 1 else 0.9 * s["v"] + g
    return w - LR * s["v"]


def nesterov(w, g, t, s):
    s["v"] = g if t == 1 else 0.9 * s["v"] + g
    return w - LR * (g + 0.9 * s["v"])


def adagrad(w, g, t, s):
    s["q"] = s.get("q", 0) + g**2
    return w - LR * g / (s["q"].sqrt() + 1e-10)


def rmsprop(w, g, t, s):
    s["q"] = 0.99 * s.get("q", 0) + 0.01 * g**2
    return w - LR * g / (s["q"].sqrt() + 1e-8)


def adam(w, g, t, s):
    s["m"], s["q"] = 0.9 * s.get("m", 0) + 0.1 * g, 0.999 * s.get("q", 0) + 0.001 * g**2
    return w - LR * (s["m"] / (1 - 0.9**t)) / ((s["q"] / (1 - 0.999**t)).sqrt() + 1e-8)


def nadam(w, g, t, s):
    now, then = (0.9 * (1 - 0.5 * 0.96 ** (k * 0.004)) for k in (t, t + 1))
    s["p"] = s.get("p", 1.0) * now
    s["m"], s["q"] = 0.9 * s.get("m", 0) + 0.1 * g, 0.999 * s.get("q", 0) + 0.001 * g**2
    ahead = then * s["m"] / (1 - s["p"] * then) + (1 - now) * g / (1 - s["p"])
    return w - LR * ahead / ((s["q"] / (1 - 0.999**t)).sqrt() + 1e-8)


RULES = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "nadam": nadam,
}


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
@pytest.mark.parametrize("name", RULES)
def test_an_optimizer_is_its_update_rule(name, weight_decay):
    weight = START.clone().requires_grad_()
    optimizer = build_optimizer([weight], name=name, lr=LR, weight_decay=weight_decay)
    by_hand, state = START.clone(), {}
    for t in range(1, STEPS + 1):
        optimizer.zero_grad()
        (0.5 * CURVATURE * weight**2).sum().backward()
        optimizer.step()
        gradient = CURVATURE * by_hand
        if name == "adamw":  # decay beside the gradient (Loshchilov and Hutter 2019)
            by_hand = by_hand * (1 - LR * weight_decay)
        else:
            gradient = gradient + weight_decay * by_hand
        by_hand = RULES[name](by_hand, gradient, t, state)
        torch.testing.assert_close(weight.detach(), by_hand, rtol=1e-7, atol=1e-8)  # nadam keeps a product in float32


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_downhill(name):
    weight = START.clone().requires_grad_()
    optimizer = build_optimizer([weight], name=name, lr=0.2, weight_decay=0.0)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (0.5 * CURVATURE * weight**2).sum()
        loss.backward()
        optimizer.step()
    assert loss < 0.1 * (0.5 * CURVATURE * START**2).sum()


MEMBERS = [
    {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.9, "betas": (0.9, 0.999)},
    {"lr": 0.02, "weight_decay": 0.05, "momentum": 0.5, "betas": (0.8, 0.99)},
]


def gradients(steps):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(len(MEMBERS), 4, 3, dtype=torch.float64, generator=generator) for _ in range(steps)]


def hyper(step):
    rows = [(one["lr"], step, one["weight_decay"], one["momentum"], *one["betas"]) for one in MEMBERS]
    return Hyper(*torch.tensor(rows, dtype=torch.float64).unbind(1))


def stepped_alone(name, member):
    """A member's weights after torch's own steps."""
    optimizer = OPTIMIZERS[name]
    weight = torch.ones(4, 3, dtype=torch.float64, requires_grad=True)
    given = {key: value for key, value in MEMBERS[member].items() if key in (*optimizer.takes, "lr", "weight_decay")}
    built = build_optimizer([weight], name=name, **given)
    for gradient in gradients(STEPS):
        weight.grad = gradient[member].clone()
        built.step()
    return weight.detach()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_rule_of_a_stack_is_torchs_for_each_member(name):
    weights = torch.ones(len(MEMBERS), 4, 3, dtype=torch.float64)
    state, (rule, kinds) = new_state(name, weights), UPDATES[name]
    assert tuple(state) == kinds
    for step, gradient in enumerate(gradients(STEPS), start=1):
        rule(weights, gradient, state, hyper(step))
    for member in range(len(MEMBERS)):  # nadam keeps a product in float32
        torch.testing.assert_close(weights[member], stepped_alone(name, member), rtol=1e-6, atol=1e-8)


def test_what_an_optimizer_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"optimizer\.momentum: must be null for adam, which has none, but got 0\.5"):
        build_optimizer([START.clone().requires_grad_()], name="adam", lr=0.1, weight_decay=0.0, momentum=0.5)
    with pytest.raises(ValueError, match=r"optimizer\.name: must be one of adagrad, adam"):
        build_optimizer([START.clone().requires_grad_()], name="lion", lr=0.1, weight_decay=0.0)
