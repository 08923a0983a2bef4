"""What an experiment file sets of a model, or of data, is for the `_target_` that it was written for."""

import copy
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf, open_dict

PLUGS = ("model", "data")


def on_its_target(cfg: DictConfig, hydra: Any, given: Sequence[str], loader: ConfigLoader | None = None) -> DictConfig:
    """`cfg`, where a model or data of another `_target_` than the experiment's, chosen by a command, come as in their own file.

    What the command itself, `given`, sets of them stays, known to their constructor or not. `loader`: None is that of Hydra's
    main.
    """
    typed = [text.lstrip("+~").partition("=")[0] for text in given]
    experiment = [text for text, key in zip(given, typed, strict=True) if key == "experiment"]
    for plug in PLUGS:
        if not experiment or plug not in typed:
            continue
        loader = loader or GlobalHydra.instance().config_loader()
        theirs = _composed(loader, plug, hydra, *experiment)
        chosen = _composed(loader, plug, hydra, f"{plug}={hydra.runtime.choices[plug]}")
        if chosen.get("_target_") not in (theirs.get("_target_"), MISSING):  # what is missing is for others to set
            cfg = _with(cfg, plug, chosen, kept={key.split(".")[1] for key in typed if key.startswith(f"{plug}.")})
    return cfg


def as_given(overrides: ListConfig) -> list[str]:
    """A command's overrides; what stands in them as ${...} is not resolved."""
    texts: Any = OmegaConf.to_container(overrides, resolve=False)
    return list(texts)


def _with(cfg: DictConfig, plug: str, chosen: dict[str, Any], *, kept: Collection[str]) -> DictConfig:
    """`cfg` with the values that were `chosen` for `plug`, but for the keys that are `kept`."""
    given: Any = OmegaConf.to_container(cfg[plug], resolve=False)
    values = {
        key: value if key in kept else chosen[key] for key, value in given.items() if key in kept or key in chosen
    }
    changed = copy.deepcopy(cfg)
    with open_dict(changed):
        changed[plug] = values
    return changed


def _composed(loader: ConfigLoader, plug: str, hydra: Any, *overrides: str) -> dict[str, Any]:
    """`plug` as these overrides alone compose it."""
    # Of Hydra's own keys what finds the files: others are of a sweeper or a launcher that these overrides do not choose.
    places = [text for text in as_given(hydra.overrides.hydra) if text.lstrip("+").startswith("hydra.searchpath=")]
    return copy.deepcopy(_loaded(loader, plug, hydra.job.config_name, (*places, *overrides)))


@lru_cache(maxsize=32)  # Hydra takes 85 ms, for every job of a multirun
def _loaded(loader: ConfigLoader, plug: str, config_name: str, overrides: tuple[str, ...]) -> dict[str, Any]:
    cfg = loader.load_configuration(config_name, list(overrides), run_mode=RunMode.RUN, validate_sweep_overrides=False)
    values: Any = OmegaConf.to_container(cfg[plug], resolve=False)
    return dict(values)
