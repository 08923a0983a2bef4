"""Claim: the loss is a surface over the weights; gradient descent runs down it, and where it ends depends on where it starts.

Command: python -m experiments.loss_landscape            10 s on 2 cores

Expected: for y = v tanh(w x) the loss over (w, v) has two equal minima, one the mirror of the other, and a saddle at 0; from
each start no step of gradient descent raises the loss, and both minima are reached. A trained MLP lies no higher than any
other point of a grid on the plane through it that two filter-normalised random directions span (Li et al. 2018).
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from src.claims import Finding, Lab, Outcome, conduct, exact, share
from src.losses import bce
from src.plots import BLUE, ORANGE, Figure, annotate, panels
from src.randomness import Purpose, key, normal, uniform

# Axes: G grid points, P paths, T steps. Two weights: `weights` (..., 2) holds w, v.
TARGET = (1.5, 1.0)  # w and v of the unit that made the data; (-1.5, -1) makes the same
STEPS, LR = 2000, 0.2
REACH, SIDE = 1.0, 25  # of the plane through a trained MLP, in norms of its filters; points a side


def findings(lab: Lab, *, lr: float = LR) -> list[Finding]:
    """Paths over two weights, and planes through trained MLPs; `lr` < 0 goes up."""
    paths = descend(starts(lab.quick(40, 20)), lr)
    losses = two_weights(paths)
    outcome = lab.train(
        {"moons": lab.run("data=moons", "model.widths=[16,16]", "optimizer.lr=0.01", f"epochs={lab.quick(150, 60)}")}
    )
    planes = [plane(outcome, seed) for seed in outcome.seeds]
    lab.draw(drawn(paths, planes[0]))
    lab.write("loss_landscape.html", explored(planes[0]))
    depths = [one[SIDE // 2, SIDE // 2] - one.min() for one in planes]
    ends, mirror = paths[:, -1], -paths[:, -1]
    side = torch.sign(ends[:, 0])
    return [
        exact(
            "w, v and -w, -v have one loss", two_weights(ends) - two_weights(mirror), of="difference", tolerance=1e-12
        ),
        exact("no step raises the loss", losses.diff(dim=1).clamp(min=0), of="rise of a step", tolerance=1e-12),
        share("each path ends in a minimum", losses[:, -1] < 1e-3, of="paths", above=0.8),
        share("which of the two depends on the start", side > 0, of="paths that end at w > 0", above=0.2, below=0.8),
        exact("a trained MLP lies lowest in its plane", depths, of="loss above the plane's lowest", tolerance=1e-6),
    ]


def two_weights(weights: Tensor) -> Tensor:
    """Mean squared error of v tanh(w x) at `weights` (..., 2), over 64 x in [-2, 2]."""
    x = torch.linspace(-2.0, 2.0, 64, dtype=torch.float64)
    w, v = weights[..., :1], weights[..., 1:]
    return ((v * torch.tanh(w * x) - TARGET[1] * torch.tanh(TARGET[0] * x)) ** 2).mean(-1)


def starts(count: int) -> Tensor:
    """Where the paths begin: `count` points of a square, (P, 2)."""
    return 6.0 * uniform(key(0, Purpose.WEIGHTS, 0), torch.arange(2 * count)).view(count, 2) - 3.0


def descend(weights: Tensor, lr: float) -> Tensor:
    """Gradient descent w <- w - lr dL/dw from each start: (P, T, 2)."""
    path = [weights]
    for _ in range(STEPS):
        at = path[-1].detach().requires_grad_()
        (gradient,) = torch.autograd.grad(two_weights(at).sum(), at)
        path.append((at - lr * gradient).detach().clamp(-1e6, 1e6))
    return torch.stack(path, 1)


def plane(outcome: Outcome, seed: int) -> np.ndarray:
    """The training loss on a grid of a plane through a trained MLP, (SIDE, SIDE), its own weights in the middle."""
    model, data = outcome.model("moons", seed), outcome.data("moons").train
    inputs = outcome.standardize("moons")(data.inputs)
    weights = {name: value.detach() for name, value in model.named_parameters()}
    first, second = (direction(weights, seed, number) for number in range(2))
    steps = torch.linspace(-REACH, REACH, SIDE)

    def loss(a: Tensor, b: Tensor) -> Tensor:
        moved = {name: value + a * first[name] + b * second[name] for name, value in weights.items()}
        return bce(functional_call(model, moved, (inputs,)).squeeze(-1), data.labels).mean()

    a, b = torch.meshgrid(steps, steps, indexing="ij")
    with torch.no_grad():
        return vmap(loss)(a.flatten(), b.flatten()).view(SIDE, SIDE).numpy()


def direction(weights: Mapping[str, Tensor], seed: int, number: int) -> dict[str, Tensor]:
    """A random direction whose filters (rows of a weight) have the norms of the model's; biases stay (Li et al. 2018, 4)."""
    found = {}
    for layer, (name, value) in enumerate(weights.items()):
        drawn_ = normal(key(seed, Purpose.TWIN, number, layer), torch.arange(value.numel())).view_as(value).float()
        scale = value.norm(dim=-1, keepdim=True) / drawn_.norm(dim=-1, keepdim=True)
        found[name] = drawn_ * scale if value.ndim > 1 else torch.zeros_like(value)
    return found


def drawn(paths: Tensor, losses: np.ndarray) -> Figure:
    """Contours over two weights with the paths, the same as curves along them, and the plane through an MLP."""
    figure, (left, middle, right) = panels(1, 3, size=(4.6, 4.0))
    grid = torch.linspace(-3.2, 3.2, 120, dtype=torch.float64)
    surface = two_weights(torch.stack(torch.meshgrid(grid, grid, indexing="xy"), -1))
    left.contour(grid, grid, surface, levels=np.geomspace(1e-3, 8, 14), cmap="Greys_r", linewidths=0.7)
    for path in paths[:12]:
        left.plot(path[:, 0], path[:, 1], color=BLUE, linewidth=1)
        left.plot(*path[0], "o", color=BLUE, markersize=4)
    for sign in (1, -1):
        left.plot(sign * TARGET[0], sign * TARGET[1], "*", color=ORANGE, markersize=13)
    left.set(xlabel="w", ylabel="v", title="loss of v tanh(w x), paths, minima", xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))
    middle.semilogy(two_weights(paths).clamp(min=1e-9).T, color=BLUE, linewidth=0.7, alpha=0.6)
    middle.set(xlabel="step", ylabel="loss", title="the same paths against time")
    steps = np.linspace(-REACH, REACH, SIDE)
    levels = np.geomspace(2.0 * losses.min(), losses.max(), 12)
    lines = right.contour(steps, steps, losses, levels=levels, cmap="Greys_r", linewidths=0.9)
    right.clabel(lines, fontsize=7, fmt="%.2g")
    right.plot(0, 0, "*", color=ORANGE, markersize=13)
    right.set(
        xlabel="along direction 1, filter norms",
        ylabel="along direction 2, filter norms",
        title="training loss about a trained 2-16-16-1",
    )
    annotate(figure, "simulated data; stars: minima, and the trained weights")
    return figure


def explored(losses: np.ndarray) -> str:
    """The plane as a surface to turn, a page of its own."""
    import plotly.graph_objects as go

    steps = np.linspace(-REACH, REACH, SIDE)
    figure = go.Figure(go.Surface(x=steps, y=steps, z=losses, colorscale="Cividis", colorbar={"title": "loss"}))
    axes = {"xaxis_title": "direction 1", "yaxis_title": "direction 2", "zaxis_title": "training loss"}
    figure.update_layout(title="The loss about a trained MLP", scene=axes)
    return str(figure.to_html(include_plotlyjs=True))


if __name__ == "__main__":
    conduct(__name__)
