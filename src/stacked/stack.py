"""Slots for members that train as one tensor program."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from src.config import Run, loss_name
from src.data.augmentation import Augment
from src.data.dataset import Split
from src.losses import per_example
from src.metrics import evaluate
from src.models.dropout import Dropout
from src.parts import build_run_model
from src.stacked.data import Epoch, StackData
from src.stacked.member import Member, values_of
from src.stacked.updates import UPDATES, Hyper, new_state

# Axes: S slots, B rows of a step, N rows of a split, K outputs.


class Stack:
    """S slots of one stack key; `run` is any run with that key.

    A slot holds a member's parameters, optimizer state and best weights. Every epoch computes all slots; what an empty
    one computes is nobody's.
    """

    def __init__(self, run: Run, data: StackData, slots: int) -> None:
        self.run, self.data, self.task = run, data, data.dataset.task
        self.members: list[Member | None] = [None] * slots
        self.device = data.train.labels.device
        self.template = self._built(run)
        self.dropouts = {name: layer for name, layer in self.template.named_modules() if isinstance(layer, Dropout)}
        trained = {name for name, parameter in self.template.named_parameters() if parameter.requires_grad}
        self.values = {
            name: _laid_out(value.unsqueeze(0).repeat(slots, *[1] * value.ndim)).requires_grad_(name in trained)
            for name, value in values_of(self.template).items()
        }
        self.trained = [name for name in self.values if name in trained]
        self.state = {name: new_state(run.optimizer.name, self.values[name].detach()) for name in self.trained}
        self.best = {name: value.detach().clone() for name, value in self.values.items()}

    @property
    def slots(self) -> int:
        return len(self.members)

    def admit(self, slot: int, member: Member) -> None:
        """Put a new member into a free slot: its own initial weights, an optimizer that has seen nothing."""
        self.members[slot] = member
        for name, value in values_of(self._built(member.job.run)).items():
            self.values[name].detach()[slot] = value
        for name in self.trained:
            for kind, state in new_state(self.run.optimizer.name, self.values[name].detach()[slot : slot + 1]).items():
                self.state[name][kind][slot] = state[0]

    def release(self, slot: int) -> tuple[Member, nn.Module]:
        """Take a member out of its slot, with a model that has its best weights."""
        member = self.members[slot]
        assert member is not None
        self.members[slot] = None
        model = self._built(member.job.run)
        saved = model.state_dict()
        model.load_state_dict({name: self.best[name][slot] if name in self.best else saved[name] for name in saved})
        return member, model.cpu()

    def compact(self) -> None:
        """Drop the empty slots."""
        kept = [slot for slot, member in enumerate(self.members) if member is not None]
        index = torch.tensor(kept, dtype=torch.int64, device=self.device)
        self.members = [self.members[slot] for slot in kept]
        self.values = {
            name: _laid_out(value.detach().index_select(0, index)).requires_grad_(value.requires_grad)
            for name, value in self.values.items()
        }
        self.best = {name: _laid_out(value.index_select(0, index)) for name, value in self.best.items()}
        self.state = {
            name: {kind: _laid_out(value.index_select(0, index)) for kind, value in state.items()}
            for name, state in self.state.items()
        }

    def epoch(self) -> dict[int, dict[str, float]]:
        """Train every member for one epoch, evaluate it and keep the best weights; gives the new rows by slot."""
        lrs = torch.stack([_lrs(member, self.data.steps_per_epoch) for member in self.members], dim=1).to(self.device)
        figures = {"train/loss": self._train(lrs)}
        if self.run.train_eval:
            figures["train/loss_eval"] = self._evaluate(self.data.train)["loss"]
        figures |= {f"val/{name}": value for name, value in self._evaluate(self.data.val).items()}
        table = {name: values.tolist() for name, values in {**figures, "lr": lrs[-1]}.items()}
        rows, better = {}, []
        for slot, member in enumerate(self.members):
            if member is not None:
                rows[slot] = {"epoch": member.epoch + 1, **{name: values[slot] for name, values in table.items()}}
                if member.progress.add(rows[slot]):
                    better.append(slot)
        index = torch.tensor(better, dtype=torch.int64, device=self.device)
        for name, value in self.values.items():
            self.best[name][index] = value.detach()[index]
        return rows

    def _train(self, lrs: Tensor) -> Tensor:
        """One epoch of steps with learning rates (steps, S); gives the mean training losses (S,), float64."""
        numbers = self._numbers()
        loss, augment = self._loss(numbers), self._augment(numbers)
        epoch = self._draws()
        parameters = [self.values[name] for name in self.trained]
        total = torch.zeros(self.slots, dtype=torch.float64, device=self.device)
        for name, layer in self.dropouts.items():
            layer.idle = not bool(self.values[f"{name}.rate"].any())
        self.template.train()
        done = [member.epoch * self.data.steps_per_epoch if member else 0 for member in self.members]
        counts = torch.tensor(done, dtype=torch.float64, device=self.device)
        for step in range(self.data.steps_per_epoch):
            inputs, labels, rows = self.data.batch(epoch, step, augment)
            sums = loss(self._outputs(inputs, rows), labels).sum(-1)
            total += sums.detach()
            gradients = torch.autograd.grad((sums / labels.shape[1]).sum(), parameters)
            self._update(self._clipped(gradients, numbers["clip"]), lrs[step], counts + step + 1, numbers)
        return total / len(self.data.train)

    @torch.no_grad()
    def _evaluate(self, split: Split) -> dict[str, Tensor]:
        """Loss and metrics (S,) of a split."""
        self.template.eval()
        outputs = torch.cat([self._shared(inputs) for inputs in self.data.chunks(split, self.slots)], dim=1)
        labels = split.labels.expand(self.slots, -1)
        loss = self._loss(self._numbers())(outputs, labels).mean(-1)
        return {"loss": loss, **evaluate(self.task, outputs, labels)}

    def _outputs(self, inputs: Tensor, rows: Tensor) -> Tensor:
        """Each member's outputs (S, B) or (S, B, K) for its own inputs (S, B, ...)."""
        values = {**self.values, **{f"{name}.rows": rows for name in self.dropouts}}
        outputs = vmap(lambda values, inputs: functional_call(self.template, values, (inputs,)))(values, inputs)
        return outputs if self.task == "multiclass" else outputs.squeeze(-1)

    def _shared(self, inputs: Tensor) -> Tensor:
        """Each member's outputs for the same inputs (N, ...)."""
        outputs = vmap(lambda values: functional_call(self.template, values, (inputs,)))(self.values)
        return outputs if self.task == "multiclass" else outputs.squeeze(-1)

    @torch.no_grad()
    def _update(self, gradients: tuple[Tensor, ...], lr: Tensor, count: Tensor, numbers: dict[str, Tensor]) -> None:
        update, _ = UPDATES[self.run.optimizer.name]
        decay = numbers["weight_decay"] if bool(numbers["weight_decay"].any()) else None
        hyper = Hyper(lr, count, decay, numbers["momentum"], numbers["beta1"], numbers["beta2"])
        for name, gradient in zip(self.trained, gradients, strict=True):
            update(self.values[name], gradient, self.state[name], hyper)

    def _clipped(self, gradients: tuple[Tensor, ...], bound: Tensor) -> tuple[Tensor, ...]:
        """Gradients with each member's norm, or each entry, within its bound, as torch clips them."""
        if self.run.trainer.gradient_clip_val is None:
            return gradients
        bound = bound.to(gradients[0].dtype)
        if self.run.trainer.gradient_clip_algorithm == "value":
            bounds = [bound.view(-1, *[1] * (g.ndim - 1)) for g in gradients]
            return tuple(g.clamp(-limit, limit) for g, limit in zip(gradients, bounds, strict=True))
        norms = torch.stack([torch.linalg.vector_norm(g.flatten(1), dim=1) for g in gradients])
        scale = (bound / (torch.linalg.vector_norm(norms, dim=0) + 1e-6)).clamp(max=1.0)
        return tuple(g * scale.view(-1, *[1] * (g.ndim - 1)) for g in gradients)

    def _numbers(self) -> dict[str, Tensor]:
        """What differs from member to member, (S,) float64 each; an empty slot has the numbers of some member."""
        some = next(member for member in self.members if member is not None)
        table = [(member or some).numbers() for member in self.members]
        return {
            name: torch.tensor([row[name] for row in table], dtype=torch.float64, device=self.device)
            for name in table[0]
        }

    def _loss(self, numbers: dict[str, Tensor]) -> Any:
        weighted = bool((numbers["pos_weight"] != 1.0).any())
        smoothed = bool(numbers["label_smoothing"].any())
        columns = {name: numbers[name].to(self.data.dtype).unsqueeze(1) for name in ("pos_weight", "label_smoothing")}
        return per_example(
            loss_name(self.run, self.task),
            self.task,
            pos_weight=columns["pos_weight"] if weighted else None,
            label_smoothing=columns["label_smoothing"] if smoothed else 0.0,
        )

    def _augment(self, numbers: dict[str, Tensor]) -> Augment | None:
        if not self.run.augment.is_on:
            return None
        return Augment(**{name: numbers[name] for name in ("shift", "rotation", "scale", "flip")})

    def _draws(self) -> Epoch:
        columns = [(member.job.run.seed, member.epoch) if member else (0, 0) for member in self.members]
        seeds, epochs = torch.tensor(columns, dtype=torch.int64, device=self.device).T
        return self.data.epoch(seeds, epochs)

    def _built(self, run: Run) -> nn.Module:
        return build_run_model(run, self.data.dataset).to(self.device, self.data.dtype)


def _laid_out(value: Tensor) -> Tensor:
    """`value` as it is, matrices laid out by columns in memory: so are their gradients, and updates then read both in order."""
    return value.mT.contiguous().mT if value.ndim == 3 else value


def _lrs(member: Member | None, steps: int) -> Tensor:
    return torch.zeros(steps, dtype=torch.float64) if member is None else member.lrs[member.epoch]
