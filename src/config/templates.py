"""Configurations that differ in values alone, composed once."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict


class Template:
    """A configuration that Hydra composed, of which copies with other values are made; pickled, a third of a deep copy's time."""

    def __init__(self, composed: DictConfig, values: Mapping[str, Any]) -> None:
        self.hydra: DictConfig = composed.hydra
        self.plain_hydra: Any = OmegaConf.to_container(composed.hydra, resolve=False, enum_to_str=True)
        self._values = values
        self._whole = pickle.dumps(composed)
        task = pickle.loads(self._whole)
        with open_dict(task):
            task.pop("hydra")
        self._task = pickle.dumps(task)

    def task(self, values: Mapping[str, Any]) -> DictConfig:
        """A copy with its own `values`, without Hydra's node."""
        return self._copy(self._task, values)

    def whole(self, values: Mapping[str, Any]) -> DictConfig:
        """A copy with its own `values` and Hydra's node, in which the overrides are those of the template."""
        return self._copy(self._whole, values)

    def _copy(self, pickled: bytes, values: Mapping[str, Any]) -> DictConfig:
        cfg: DictConfig = pickle.loads(pickled)
        for key, value in values.items():
            # Of 1, 1.0 and True each is another value; an item of a list may have gone with the list.
            if repr(value) != repr(self._values[key]) or key[-1].isdigit():
                OmegaConf.update(cfg, key, value)
        return cfg


class Templates:
    """Composes configurations as `compose`, which takes the overrides, does.

    Hydra takes 85 ms for one. One that differs from an earlier one in values alone, not in its choices from config groups,
    is a copy of that with its own values: about 2 ms.
    """

    def __init__(self, loader: ConfigLoader, compose: Callable[[list[str]], DictConfig]) -> None:
        self.loader = loader
        self._compose = compose
        self._alike: dict[tuple[str, ...], Template] = {}  # by all that is the same in their overrides
        self._parse = lru_cache(OverridesParser.create(config_loader=loader).parse_overrides)
        self._is_group = cache(lambda key: bool(loader.get_group_options(key)))

    def __len__(self) -> int:
        """How many Hydra has composed."""
        return len(self._alike)

    def parsed(self, overrides: Sequence[str]) -> list[Override]:
        """What Hydra reads in them."""
        return [one for text in overrides for one in self._parse((text,))]

    def of(self, overrides: Sequence[str]) -> tuple[Template, dict[str, Any]]:
        """The template of `overrides`, and the values that they set in it."""
        parsed = self.parsed(overrides)
        alike = tuple(str(one.key_or_group if self._is_value(one) else one.input_line) for one in parsed)
        values = {one.key_or_group: one.value() for one in parsed if self._is_value(one)}
        if alike not in self._alike:
            self._alike[alike] = Template(self._compose(list(overrides)), values)
        return self._alike[alike], values

    def _is_value(self, override: Override) -> bool:
        """Whether it does no more than set a key that is there, to one value."""
        marked = override.is_add() or override.is_force_add() or override.is_delete() or override.is_hydra_override()
        grouped = override.package or override.is_sweep_override() or self._is_group(override.key_or_group)
        return not (marked or grouped or isinstance(override.value(), dict))
