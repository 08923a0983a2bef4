"""Claim: the gradients of a batch's shards, weighted by their rows and added by several processes, are the whole batch's.

Command: python -m experiments.parallel_batches      15 s on 2 cores

Expected: 2 and 4 processes give the gradient of 1 to 1e-12, and so train alike; the plain mean of uneven shards does not.
"""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from src.claims import Finding, Lab, conduct, exact, mean
from src.data.dataset import Split
from src.data.sources.plane import moons
from src.losses import bce
from src.models.mlp import MLP
from src.plots import STYLES, Figure, annotate, panels

ROWS, STEPS, LR = 120, 20, 0.5
PROCESSES = (1, 2, 4)
TOLERANCES = {"gradient": 1e-12, f"weights after {STEPS} steps": 1e-9}
# What a shard's mean gradient counts: of its rows, those of the batch, and the number of shards.
RULES: dict[str, Callable[[int, int, int], float]] = {
    "weighted by rows": lambda rows, total, shards: rows / total,
    "plain mean": lambda rows, total, shards: 1 / shards,
}
Found = dict[str, Tensor]  # by "rule, processes, what": (seeds, parameters)


def findings(lab: Lab, *, rule: str = "weighted by rows") -> list[Finding]:
    """Gradients and short trainings of 1, 2 and 4 processes; `rule` is the one that is claimed to be right."""
    found = found_by_processes(len(lab.seeds))
    lab.draw(errors_by_processes(found))
    return [
        *(
            exact(
                f"shards {rule} give the {what} of the whole batch",
                [off(found, rule, processes, what) for processes in PROCESSES[1:]],
                of="relative difference, 2 and 4 processes",
                tolerance=tolerance,
            )
            for what, tolerance in TOLERANCES.items()
        ),
        *(
            mean(
                f"the plain mean of {processes} uneven shards does not",
                np.log10(off(found, "plain mean", processes, "gradient")),
                of="log10 of the gradient's relative difference",
                above=-3.0,
            )
            for processes in PROCESSES[1:]
        ),
    ]


@cache
def found_by_processes(num_seeds: int) -> Found:
    """What real processes find by every rule."""
    with tempfile.TemporaryDirectory() as folder:
        mp.spawn(work, (folder, num_seeds), nprocs=max(PROCESSES), daemon=True)
        return dict(torch.load(Path(folder) / "found.pt", weights_only=True))


def work(rank: int, folder: str, num_seeds: int) -> None:
    """One of the processes; those that share a batch are the first 1, 2 or 4. The first writes down what was found."""
    torch.set_num_threads(1)
    meeting = {"init_method": f"file://{folder}/rendezvous", "timeout": timedelta(minutes=2)}
    dist.init_process_group("gloo", rank=rank, world_size=max(PROCESSES), **meeting)
    found: Found = {}
    for processes in PROCESSES:
        group = dist.new_group(list(range(processes)))
        for rule in RULES if rank < processes else ():
            pairs = [trained(seed, rule, rank, processes, group) for seed in range(num_seeds)]
            for what, values in zip(TOLERANCES, zip(*pairs, strict=True), strict=True):
                found[f"{rule}, {processes}, {what}"] = torch.stack(values)
    if rank == 0:
        torch.save(found, f"{folder}/found.pt")
    dist.barrier()
    dist.destroy_process_group()


def trained(seed: int, rule: str, rank: int, processes: int, group: Any) -> tuple[Tensor, Tensor]:
    """The first gradient, and the weights after STEPS steps of gradient descent on one batch: (parameters,), float64."""
    batch = moons(noise=0.2, num_train=ROWS, num_val=2, num_test=2, seed=seed).train
    arguments: dict[str, Any] = {"activation": "tanh", "init": "he_normal", "bias": True, "dropout": 0.0, "norm": None}
    model = MLP(2, 1, widths=(16,), **arguments, seed=seed).double()
    factor = RULES[rule](len(shard(batch, rank, processes)), ROWS, processes)
    gradients = []
    for _ in range(STEPS):
        gradient = factor * mean_gradient(model, shard(batch, rank, processes))
        dist.all_reduce(gradient, group=group)  # the sum over the group
        gradients.append(gradient)
        weights = torch.nn.utils.parameters_to_vector(model.parameters()).detach() - LR * gradient
        torch.nn.utils.vector_to_parameters(weights, model.parameters())
    return gradients[0], weights


def shard(batch: Split, rank: int, processes: int) -> Split:
    """The rows of one process: shares as 1 to 2, or as 1 to 2 to 3 to 4."""
    ends = [ROWS * k * (k + 1) // (processes * (processes + 1)) for k in range(processes + 1)]
    rows = slice(ends[rank], ends[rank + 1])
    return Split(batch.inputs[rows].double(), batch.labels[rows])


def mean_gradient(model: MLP, rows: Split) -> Tensor:
    """The gradient of the mean loss of `rows`, (parameters,)."""
    loss = bce(model(rows.inputs).squeeze(-1), rows.labels).mean()
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(model.parameters()))])


def off(found: Found, rule: str, processes: int, what: str) -> np.ndarray:
    """How far each seed's result is from that of one process, relative to its norm (S,)."""
    whole = found[f"{rule}, 1, {what}"]  # one shard has all the rows: both rules are the same
    return ((found[f"{rule}, {processes}, {what}"] - whole).norm(dim=1) / whole.norm(dim=1)).numpy()


def errors_by_processes(found: Found) -> Figure:
    """A point for each seed: differences from one process, on a log axis."""
    figure, axes = panels(1, 2, size=(4.6, 3.8))
    for one, what in zip(axes, TOLERANCES, strict=True):
        for number, (rule, style) in enumerate(zip(RULES, STYLES, strict=False)):
            for processes in PROCESSES[1:]:
                errors = np.maximum(off(found, rule, processes, what), 1e-17)
                x = np.full(len(errors), PROCESSES.index(processes)) + 0.16 * (number - 0.5)
                label = f"shards, {rule}" if processes == PROCESSES[1] else None
                one.plot(x, errors, style["marker"], color=style["color"], fillstyle="none", label=label)
        one.axhline(
            np.finfo(np.float64).eps, color="black", linestyle=":", linewidth=1, label="spacing of float64 at 1"
        )
        one.set(yscale="log", ylim=(1e-17, 10), xlim=(0.5, 2.5), xlabel="processes", title=what)
        one.set_xticks([1, 2], PROCESSES[1:])
        one.set_ylabel("difference from one process / norm")
    axes[0].legend(fontsize=8, loc="center")
    annotate(figure, "simulated data: two moons, 120 rows in uneven shards; one point a seed")
    return figure


if __name__ == "__main__":
    conduct(__name__)
