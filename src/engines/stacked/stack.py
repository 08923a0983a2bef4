"""A stack: slots, the members that sit in them, and one entry of every tensor for each."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from src.engines.stacked.data import Epoch, StackData
from src.engines.stacked.hyperparameters import in_columns
from src.engines.stacked.member import Member, Tensors
from src.engines.stacked.program import Program
from src.engines.stacked.snapshot import Snapshot
from src.engines.stacked.spec import StackSpec
from src.engines.stacked.updates import State, new_state
from src.models.build import num_params
from src.runs.evaluation import Predictions

# Axes: S slots, N rows of val, K classes.
# Tensors by name: "now/NAME" and "best/NAME" are weights and buffers, "mean/NAME" weights that are averaged over steps,
# "state/NAME/KIND" is the optimizer's, "outputs" (S, N) or (S, N, K) are those of val by the best weights.


@dataclass(frozen=True)
class Leaver:
    """A member that has left its stack, with the weights of its best epoch and what they make of val."""

    member: Member
    weights: Tensors
    num_params: int
    val: Predictions


class Stack:
    """Up to `slots` members that fit `spec`, trained epoch by epoch as one tensor program; `template`: the model of one."""

    def __init__(self, spec: StackSpec, data: StackData, slots: int, template: nn.Module) -> None:
        self.spec, self.data, self.device = spec, data, data.device
        self.members: list[Member | None] = [None] * slots
        template = template.to(self.device, data.dtype)
        self.num_params, self.saved = num_params(template), list(template.state_dict())
        self.program = Program(spec, template, data)
        fresh = self._fresh(template)
        self._lay({name: value.unsqueeze(0).repeat(slots, *[1] * value.ndim) for name, value in fresh.items()})

    @property
    def slots(self) -> int:
        return len(self.members)

    def admit(self, slot: int, member: Member, tensors: Tensors | None = None) -> None:
        """Put a member into a free slot: with `tensors` as it left off, else with its own initial weights."""
        self.members[slot] = member
        for name, value in (tensors or self._fresh(member.build())).items():
            self.tensors[name][slot] = value

    def release(self, slot: int) -> Leaver:
        """Take a member out of its slot, with what came of it."""
        member = self.members[slot]
        assert member is not None
        weights = {name: self.best[name][slot].cpu().clone() for name in self.saved if name in self.best}
        val = Predictions(
            self.tensors["outputs"][slot].cpu().clone(), self.data.folds.folds[member.place].dataset.val.labels
        )
        self.members[slot] = None  # at the end: should the memory run out before, the member is still here
        return Leaver(member, weights, self.num_params, val)

    def compact(self) -> None:
        """Drop the empty slots."""
        tensors = self._taken()
        self.members = [member for member in self.members if member is not None]
        self._lay(tensors)

    def snapshot(self) -> Snapshot:
        """The members as they are now, with all that they need to go on."""
        seated = [(slot, member) for slot, member in enumerate(self.members) if member is not None]
        return Snapshot(
            slots=self.slots,
            places=[slot for slot, _ in seated],
            numbers=[member.job.number for _, member in seated],
            progress=[member.progress.state() for _, member in seated],
            tensors=self._taken(),
        )

    def epoch(self) -> dict[int, dict[str, float]]:
        """Train every member for one epoch, evaluate it and keep the best weights; gives the new rows by slot."""
        steps, hyperparameters = self.data.steps_per_epoch, self._hyperparameters()
        rates = [torch.zeros(steps, dtype=torch.float64) if m is None else m.lrs[m.epoch] for m in self.members]
        lrs = torch.stack(rates, dim=1).to(self.device)
        done = [member.epoch * steps if member else 0 for member in self.members]
        counts = torch.tensor(done, dtype=torch.float64, device=self.device)
        draws, evaluate = self._draws(), self.program.evaluate
        before = {name: value.clone() for name, value in self.values.items()} if self.spec.diagnostics else {}
        losses = self.program.train(self.values, self.state, self.averages, hyperparameters, lrs, counts, draws)
        figures = {"train/loss": losses}
        if self.spec.train_eval:
            report, _ = evaluate(self.judged, hyperparameters, "train", draws.places)
            figures["train/loss_eval"] = report["loss"]
        report, outputs = evaluate(self.judged, hyperparameters, "val", draws.places)
        figures |= {f"val/{name}": value for name, value in report.items()}
        table = {name: values.tolist() for name, values in {**figures, "lr": lrs[-1]}.items()}
        rows, better = {}, []
        for slot, member in enumerate(self.members):
            if member is not None:
                rows[slot] = {"epoch": member.epoch + 1, **{name: values[slot] for name, values in table.items()}}
                if member.probe:
                    rows[slot] |= member.probe(_of_slot(before, slot), _of_slot(self.values, slot))
                if member.progress.add(rows[slot]):
                    better.append(slot)
        self._keep(better, outputs)
        return rows

    def _keep(self, slots: list[int], outputs: Tensor) -> None:
        """The weights and outputs of `slots` are their best so far."""
        index = torch.tensor(slots, dtype=torch.int64, device=self.device)
        for name, value in self.judged.items():
            self.best[name][index] = value[index]
        self.tensors["outputs"][index] = outputs[index]

    def _fresh(self, model: nn.Module) -> Tensors:
        """The tensors of a member that has not begun."""
        values = _values(model.to(self.device, self.data.dtype))
        state = {
            f"state/{name}/{kind}": tensor[0]
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
            for kind, tensor in new_state(self.spec.optimizer, parameter.detach().unsqueeze(0)).items()
        }
        outputs = torch.zeros(self.data.output_shape, dtype=self.data.dtype, device=self.device)
        averaged = self.program.trained if self.spec.averages else ()
        return {
            **{f"now/{name}": value for name, value in values.items()},
            **{f"best/{name}": value for name, value in values.items()},
            **{f"mean/{name}": values[name] for name in averaged},
            **state,
            "outputs": outputs,
        }

    def _lay(self, tensors: Tensors) -> None:
        """Take `tensors` (S, ...) as those of the slots."""
        self.tensors = {name: value if name == "outputs" else _laid_out(value) for name, value in tensors.items()}
        self.values, self.best = _under("now/", self.tensors), _under("best/", self.tensors)
        self.averages = _under("mean/", self.tensors)
        self.judged = {**self.values, **self.averages}  # what is evaluated and kept
        trained = self.program.trained
        self.state: dict[str, State] = {name: _under(f"state/{name}/", self.tensors) for name in trained}

    def _taken(self) -> Tensors:
        kept = [slot for slot, member in enumerate(self.members) if member is not None]
        index = torch.tensor(kept, dtype=torch.int64, device=self.device)
        return {name: value.index_select(0, index) for name, value in self.tensors.items()}

    def _hyperparameters(self) -> Tensors:
        """Of every slot, (S,) float64 each; an empty slot has those of some member."""
        some = next(member for member in self.members if member is not None)
        return in_columns([(member or some).hyperparameters for member in self.members], self.device)

    def _draws(self) -> Epoch:
        columns = [(member.seed, member.epoch, member.place) if member else (0, 0, 0) for member in self.members]
        seeds, epochs, places = torch.tensor(columns, dtype=torch.int64, device=self.device).T
        return self.data.epoch(seeds, epochs, places)


def _values(model: nn.Module) -> Tensors:
    """Parameters and buffers of a model, without the rows of its dropout layers, which each step sets anew."""
    named: Iterable[tuple[str, Tensor]] = [*model.named_parameters(), *model.named_buffers()]
    return {name: value.detach() for name, value in named if name.rpartition(".")[2] != "rows"}


def _of_slot(tensors: Tensors, slot: int) -> Tensors:
    return {name: value[slot] for name, value in tensors.items()}


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _laid_out(value: Tensor) -> Tensor:
    """Matrices laid out by columns in memory: so are their gradients, and updates then read both in order."""
    return value.mT.contiguous().mT if value.ndim == 3 else value.contiguous()
