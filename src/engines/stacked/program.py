"""The tensor program of a stack: one model, and a member axis on everything that may differ."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from src.data.augmentation import Augment
from src.engines.stacked.compilation import build_compiler
from src.engines.stacked.data import Epoch, StackData
from src.engines.stacked.member import Tensors
from src.engines.stacked.spec import StackSpec
from src.engines.stacked.updates import UPDATES, Hyper, State, Update
from src.losses import Loss, default_loss, mixed, per_example
from src.metrics import evaluate
from src.models.dropout import Dropout
from src.models.outputs import numbers_per_row, pooled, row_losses, squeezed
from src.optimizers.averaging import share
from src.optimizers.optimizer import like

# Axes: S slots, B rows of a step, N rows of a split, K classes, O outputs, k models in one.


class Program:
    """Trains and evaluates all slots at once. `spec` is what the members agree on, `template` the one model."""

    def __init__(self, spec: StackSpec, template: nn.Module, data: StackData) -> None:
        self.spec, self.template, self.data, self.task = spec, template, data, data.dataset.task
        self.dropouts = {name: layer for name, layer in template.named_modules() if isinstance(layer, Dropout)}
        self.trained = [name for name, parameter in template.named_parameters() if parameter.requires_grad]
        self.outputs, self.step = self._outputs, _step
        if spec.compile:
            compiled = build_compiler(data.device)
            self.outputs = compiled(self._outputs) if data.device.type == "cuda" else self._outputs
            self.step = compiled(_step)

    def train(
        self,
        values: Tensors,
        states: dict[str, State],
        averages: Tensors,
        hyperparameters: Tensors,
        lrs: Tensor,
        done: Tensor,
        draws: Epoch,
    ) -> Tensor:
        """One epoch of steps on `values`, `states` and `averages`, in place; gives the mean training losses (S,), float64.

        `averages`: of the trained values, by name, if they are averaged; `lrs` (steps, S); `done` (S,): the steps that each
        member has made before; `hyperparameters`, (S,) each.
        """
        loss, augment = self._loss(hyperparameters), self._augment(hyperparameters)
        decay = hyperparameters["weight_decay"] if bool(hyperparameters["weight_decay"].any()) else None
        constants = [hyperparameters[name] for name in ("momentum", "beta1", "beta2")]
        weights = [values[name] for name in self.trained]
        parameters = [weight.detach().requires_grad_() for weight in weights]
        values = {**values, **dict(zip(self.trained, parameters, strict=True))}
        rule, kept = UPDATES[self.spec.optimizer][0], [states[name] for name in self.trained]
        total = torch.zeros_like(done)
        for name, layer in self.dropouts.items():
            layer.idle = not bool(values[f"{name}.rate"].any())
        self.template.train()
        for step in range(self.data.steps_per_epoch):
            batch = self.data.batch(draws, step, augment)
            outputs = self.outputs(values, batch.inputs, batch.rows)
            sums = mixed(partial(row_losses, loss, task=self.task), batch.mix)(outputs, batch.labels).sum(-1)
            total += sums.detach()
            gradients = torch.autograd.grad((sums / batch.labels.shape[1]).sum(), parameters)
            hyper = Hyper(lrs[step], done + step + 1, decay, *constants)
            self.step(rule, weights, self._clipped(gradients, hyperparameters["clip"]), kept, hyper)
            if averages:
                _average(averages, values, share(hyperparameters["ema"], hyper.step))
        return total / self.data.num_train

    @torch.no_grad()
    def evaluate(self, values: Tensors, hyperparameters: Tensors, part: str, places: Tensor) -> tuple[Tensors, Tensor]:
        """Loss and metrics (S,) of train or val, and the outputs (S, N) or (S, N, K); several in one are taken together.

        `places` (S,): of the members' folds.
        """
        self.template.eval()
        members = len(hyperparameters["clip"])
        numbers = numbers_per_row(self.template, self.data.dataset.spec.num_features)
        chunks = self.data.chunks(part, members * numbers)
        ask = self._shared if self.data.folds.is_one else lambda values, inputs: self._each(values, inputs[places])
        outputs = torch.cat([ask(values, inputs) for inputs in chunks], dim=1)
        labels = self.data.labels(part, places)
        loss = self._loss(hyperparameters)(outputs, labels).mean(-1)
        scale = self.data.folds.target_scale(places)
        of_people = (
            (outputs, labels) if scale is None else (scale.in_units(outputs), scale.in_units(labels.to(outputs.dtype)))
        )
        return {"loss": loss, **evaluate(self.task, *of_people)}, outputs

    def _outputs(self, values: Tensors, inputs: Tensor, rows: Tensor) -> Tensor:
        """Each member's outputs (S, B, O) or, of several in one, (S, B, k, O) for its own inputs (S, B, ...)."""
        values = {**values, **{f"{name}.rows": rows for name in self.dropouts}}
        return vmap(lambda values, inputs: functional_call(self.template, values, (inputs,)))(values, inputs)

    def _shared(self, values: Tensors, inputs: Tensor) -> Tensor:
        """Each member's outputs (S, N) or (S, N, K) for the same inputs (N, ...)."""
        outputs = vmap(lambda values: pooled(functional_call(self.template, values, (inputs,)), self.task))(values)
        return squeezed(outputs, self.task)

    def _each(self, values: Tensors, inputs: Tensor) -> Tensor:
        """Each member's outputs (S, N) or (S, N, K) for its own inputs (S, N, ...)."""

        def ask(values: Tensors, inputs: Tensor) -> Tensor:
            return pooled(functional_call(self.template, values, (inputs,)), self.task)

        return squeezed(vmap(ask)(values, inputs), self.task)

    def _clipped(self, gradients: Sequence[Tensor], bound: Tensor) -> Sequence[Tensor]:
        """Gradients with each member's norm, or each entry, within its bound, as torch clips them."""
        if self.spec.clip is None:
            return gradients
        bound = bound.to(gradients[0].dtype)
        if self.spec.clip == "value":
            bounds = [bound.view(-1, *[1] * (g.ndim - 1)) for g in gradients]
            return [g.clamp(-limit, limit) for g, limit in zip(gradients, bounds, strict=True)]
        norms = torch.stack([torch.linalg.vector_norm(g.flatten(1), dim=1) for g in gradients])
        scale = (bound / (torch.linalg.vector_norm(norms, dim=0) + 1e-6)).clamp(max=1.0)
        return [g * scale.view(-1, *[1] * (g.ndim - 1)) for g in gradients]

    def _loss(self, hyperparameters: Tensors) -> Loss:
        weighted = bool((hyperparameters["pos_weight"] != 1.0).any())
        smoothed = bool(hyperparameters["label_smoothing"].any())
        columns = {
            name: hyperparameters[name].to(self.data.dtype).unsqueeze(1) for name in ("pos_weight", "label_smoothing")
        }
        return per_example(
            self.spec.loss or default_loss(self.task),
            self.task,
            pos_weight=columns["pos_weight"] if weighted else None,
            label_smoothing=columns["label_smoothing"] if smoothed else 0.0,
        )

    def _augment(self, hyperparameters: Tensors) -> Augment | None:
        """With a strength (S,) for what any member does; what none does costs nothing."""
        if not self.spec.augment:
            return None
        given = {name: hyperparameters[name] for name in Augment().strengths}
        used = {name: strength for name, strength in given.items() if bool(strength.any())}
        return Augment(**used, white=self.data.dataset.white)


def _step(
    rule: Update, weights: Sequence[Tensor], gradients: Sequence[Tensor], states: Sequence[State], hyper: Hyper
) -> None:
    for weight, gradient, state in zip(weights, gradients, states, strict=True):
        rule(weight, gradient, state, hyper)


@torch.no_grad()
def _average(averages: Tensors, values: Tensors, of_new: Tensor) -> None:
    for name, average in averages.items():
        average.lerp_(values[name], like(of_new, average))
