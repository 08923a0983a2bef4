"""From a class's dotted path and its arguments to a model; the class may be the user's own."""

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from src.data_spec import DataSpec
from src.imports import checked_call, imported
from src.memory import fitting, is_out_of_memory
from src.models.dropout import replace_dropout
from src.randomness import Purpose, key

log = logging.getLogger(__name__)


def build_model(target: str, arguments: Mapping[str, Any], spec: DataSpec, *, seed: int) -> nn.Module:
    """Construct the `nn.Module` at `target` with `arguments`, as a pure function of `seed`.

    `num_features`, `num_outputs`, `input_shape`, `spec` (all that is known of the data) and `seed` are passed where the
    constructor names them. Weights that a class draws from torch's global generator depend on `seed` alone, and that
    generator is left as it was. Every `nn.Dropout` becomes ours. Raises ValueError if `target` is no `nn.Module` or the
    arguments do not fit it.
    """
    model_class = imported("model", target)
    if not (isinstance(model_class, type) and issubclass(model_class, nn.Module)):
        raise ValueError(f"model._target_: must be a torch.nn.Module, but got {target!r}, which is {model_class!r}.")
    if any(base.__name__ == "LightningModule" for base in model_class.__mro__):
        raise ValueError(
            "model._target_: must be a plain torch.nn.Module (its loss and optimizer are keys of the run, hooks of your "
            f"own go into trainer.callbacks), but got the LightningModule {target!r}."
        )
    known = {
        "num_features": spec.num_features,
        "num_outputs": spec.num_outputs,
        "input_shape": spec.input_shape,
        "spec": spec,
        "seed": seed,
    }
    construct = checked_call("model", model_class, {**_known(model_class, arguments, known), **arguments})
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int(key(seed, Purpose.WEIGHTS)))
        with fitting("model"):
            model: nn.Module = _constructed(target, construct)
    if replaced := replace_dropout(model, seed):
        log.info("%s: replaced %d nn.Dropout by masks that are a function of the seed.", target, replaced)
    others = {type(module).__name__ for module in model.modules() if isinstance(module, nn.modules.dropout._DropoutNd)}
    if others:
        log.warning("%s: %s draws from torch's global generator, so runs cannot be repeated.", target, sorted(others))
    return model


def _constructed(target: str, construct: Callable[[], nn.Module]) -> nn.Module:
    """ValueError for what a class of a user's own raises."""
    try:
        return construct()
    except Exception as error:
        if target.startswith("src.") or is_out_of_memory(error):
            raise
        raise ValueError(
            f"model: {target} must be built without an error, but got {type(error).__name__}: {error}"
        ) from error


def takes_spec(target: str) -> bool:
    """Whether the class at `target` wants to know the columns of its data."""
    return "spec" in inspect.signature(imported("model", target)).parameters


def num_params(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _known(model_class: type[nn.Module], arguments: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """What the data and the seed set, where the constructor names it."""
    if clash := sorted(known.keys() & arguments.keys()):
        raise ValueError(f"model: the data and the run's seed must set {', '.join(known)}, but got {', '.join(clash)}.")
    return {name: value for name, value in known.items() if name in inspect.signature(model_class).parameters}
