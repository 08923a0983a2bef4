"""What goes on inside a model while it trains: gradients, updates, weights and activations of its layers, on the same rows."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from src.losses import Loss
from src.models.dropout import Dropout
from src.models.outputs import row_losses
from src.tasks import Task

# Axes: B rows of the probe, U units of a layer.

ROWS = 128  # of train, evenly spaced: a batch or two of an epoch that has dozens
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}  # of a layer's weights
MOST = 2**12  # weights of a layer that are sorted for these
FIGURES = {
    "gradient_norm": "norm of the gradient of the rows' mean loss, with dropout off",
    "update_norm": "norm of what an epoch changed, as a share of the norm of what was there before",
    "activation_mean": "mean of the activations",
    "activation_sd": "standard deviation of the activations, over rows and units",
    "dead_share": "share of the units whose activation is one and the same for every row",
    **{f"weight_{name}": f"the {name[1:].lstrip('0')} % quantile of the weights" for name in QUANTILES},
}


class Probe:
    """Looks into `model` after each epoch, by `inputs` (B, ...) and `labels` (B,) of train, as the loss and the model take them.

    A layer is a module with a matrix of weights of its own; activations are what the activation modules give, or what
    reaches a dropout layer. Nothing random is drawn, and `model` keeps its weights: it is asked with those that are given.
    """

    def __init__(self, model: nn.Module, loss: Loss, inputs: Tensor, labels: Tensor, task: Task) -> None:
        self.model, self.loss, self.inputs, self.labels, self.task = model.eval(), loss, inputs, labels, task
        self.parameters = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        self.layers = {
            layer: [name for name, _ in module.named_parameters(prefix=layer, recurse=False)]
            for layer, module in model.named_modules()
            if any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))
        }
        self._activations: dict[str, Tensor] = {}
        for name, module in model.named_modules():
            if isinstance(module, Dropout):
                module.register_forward_pre_hook(self._keeper(name.removesuffix(".dropout")))
            elif module.__module__ == "torch.nn.modules.activation" and not list(module.children()):
                module.register_forward_hook(self._keeper(name))

    def __call__(self, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> dict[str, float]:
        """FIGURES by `<figure>/<layer>`, of the weights `before` and `after` an epoch, by their names in the model."""
        self._come_to(next(iter(after.values())).device)
        named = {name: value.detach().clone() for name, value in after.items()}
        for name in self.parameters:
            named[name].requires_grad_()
        outputs = functional_call(self.model, named, (self.inputs,))
        total = row_losses(self.loss, outputs, self.labels, self.task).mean()
        found = torch.autograd.grad(total, [named[name] for name in self.parameters], allow_unused=True)
        gradients = dict(zip(self.parameters, found, strict=True))
        figures: dict[str, Tensor] = {}
        with torch.no_grad():
            for layer, names in self.layers.items():
                changes = [after[name] - before[name] for name in names]
                weights = torch.cat([named[name].flatten() for name in names if named[name].ndim > 1])
                figures[f"gradient_norm/{layer}"] = _norm([gradients.get(name) for name in names])
                figures[f"update_norm/{layer}"] = _norm(changes) / _norm([before[name] for name in names])
                figures |= {f"weight_{name}/{layer}": value for name, value in _quantiles(weights).items()}
            for layer, given in self._activations.items():
                units = given.flatten(1)  # (B, U)
                figures[f"activation_mean/{layer}"] = units.mean()
                figures[f"activation_sd/{layer}"] = units.std(correction=0)
                figures[f"dead_share/{layer}"] = (units.amax(0) == units.amin(0)).to(units.dtype).mean()
            values = torch.stack([value.double() for value in figures.values()]).tolist()
        self._activations.clear()
        return dict(zip(figures, values, strict=True))

    def _come_to(self, device: torch.device) -> None:
        if self.labels.device != device:
            self.model.to(device)
            self.inputs, self.labels = self.inputs.to(device), self.labels.to(device)

    def _keeper(self, name: str):  # type: ignore[no-untyped-def]  # of both kinds of hooks
        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor | None = None) -> None:
            self._activations[name] = inputs[0].detach() if output is None else output.detach()

        return keep


def _norm(tensors: Sequence[Tensor | None]) -> Tensor:
    """Of all their numbers together; what has no gradient counts as zeros."""
    norms = [torch.linalg.vector_norm(tensor) for tensor in tensors if tensor is not None]
    return torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.zeros(())


def _quantiles(weights: Tensor) -> dict[str, Tensor]:
    """Of MOST weights, evenly spaced: to sort the 100,352 of 784x128 takes as long as a tenth of an epoch."""
    ordered = weights[:: max(1, len(weights) // MOST)].sort().values
    last = len(ordered) - 1
    return {name: ordered[round(share * last)] for name, share in QUANTILES.items()}
