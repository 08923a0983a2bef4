"""Claim: a batch divided among processes trains as it does whole: their gradients, weighted by their rows, add up to its own.

Command: python -m experiments.parallel_batches      370 s on 2 cores, beside other work

Expected: runs with dropout and an uneven last batch of which trainer.devices=2 or 4 processes each have a part end every epoch
with the losses of one process, to 1e-9 in double precision: it would be refuted by a draw, a mask or a mean that looks at a
shard alone. Why they do is shown by hand: gradients of shards, weighted by their rows, give the gradient of the whole batch to
1e-12; the plain mean of uneven shards does not. Restated after results: the first part was added to the second.
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

from src.claims import Finding, Lab, Outcome, conduct, exact, mean
from src.config.schema import Run
from src.data.dataset import Split
from src.data.sources.plane import moons
from src.losses import bce
from src.models.mlp import MLP
from src.plots import STYLES, Figure, annotate, panels

ROWS, STEPS, LR = 120, 20, 0.5
PROCESSES = (1, 2, 4)
RUNS = 3  # seeds that whole runs are trained on
TOLERANCES = {"gradient": 1e-12, f"weights after {STEPS} steps": 1e-9}
# What a shard's mean gradient counts: of its rows, those of the batch, and the number of shards.
RULES: dict[str, Callable[[int, int, int], float]] = {
    "weighted by rows": lambda rows, total, shards: rows / total,
    "plain mean": lambda rows, total, shards: 1 / shards,
}
Found = dict[str, Tensor]  # by "rule, processes, what": (seeds, parameters)


def findings(lab: Lab, *, rule: str = "weighted by rows") -> list[Finding]:
    """Runs, gradients and short trainings of 1, 2 and 4 processes; `rule` is the one that is claimed to be right."""
    found = found_by_processes(len(lab.seeds))
    lab.draw(errors_by_processes(found))
    counts = lab.quick(PROCESSES, PROCESSES[:2])
    outcome = lab.train({str(count): divided(lab, count) for count in counts}, seeds=lab.seeds[: lab.quick(RUNS, 1)])
    lab.draw(curves_by_processes(outcome), "runs")
    for count in counts:
        lab.tell(f"seconds of an epoch, {count} processes", np.median(outcome.curves(str(count), "epoch_seconds"), 1))
    return [
        *(
            exact(
                f"a run of {count} processes has the losses of one",
                outcome.curves(str(count), name) - outcome.curves("1", name),
                of=f"difference of {name} of an epoch",
                tolerance=1e-9,
            )
            for count in counts[1:]
            for name in ("train/loss", "val/loss")
        ),
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


def divided(lab: Lab, processes: int) -> Run:
    """A run whose batches are divided among so many processes; of 120 rows the last batch has 20."""
    data = ("data=moons", f"data.num_train={ROWS}", "data.num_val=100", "batch_size=50")
    trainer = ("engine=single", "trainer.accelerator=cpu", f"trainer.devices={processes}", "trainer.precision=64-true")
    strategy = "auto" if processes == 1 else "ddp"
    return lab.run(*data, *trainer, f"trainer.strategy={strategy}", "model.dropout=0.3", "epochs=30")


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


def curves_by_processes(outcome: Outcome) -> Figure:
    """The losses of each number of processes, over one another, and what an epoch takes."""
    figure, axes = panels(1, 2, size=(4.6, 3.8))
    for name, style in zip(outcome.conditions, STYLES, strict=False):
        curves, seconds = outcome.curves(name, "train/loss"), outcome.curves(name, "epoch_seconds")
        label = f"{name} process{'es' if name != '1' else ''}"
        for row, curve in enumerate(curves):
            axes[0].plot(
                range(1, len(curve) + 1), curve, **style, label=label if row == 0 else None, fillstyle="none", alpha=0.8
            )
        axes[1].plot(np.full(len(seconds), int(name)), np.median(seconds, 1), "o", color=style["color"])
    axes[0].set(xlabel="epoch", ylabel="training loss (nats)", title="Each seed, divided or not")
    axes[0].legend(fontsize=8)
    axes[1].set(
        xlabel="processes", xticks=[int(name) for name in outcome.conditions], ylabel="seconds of an epoch (median)"
    )
    axes[1].set(ylim=(0, None), title="What it costs, of 120 rows")
    annotate(figure, "simulated data: two moons, batches of 50, of which 20 rows are left; dropout 0.3; float64")
    return figure


if __name__ == "__main__":
    conduct(__name__)
