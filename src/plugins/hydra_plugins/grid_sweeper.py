"""Hydra's own sweeper, less its check of every job where the launcher does the same again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper, BasicSweeperConf
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

MOST = 100_000  # jobs of a sweep


def _count(override: Override) -> int:
    """How many values an override has."""
    value = override.value()
    if isinstance(value, ChoiceSweep):
        return len(value.list)
    if isinstance(value, RangeSweep) and None not in (value.start, value.stop):
        return max(0, math.ceil((value.stop - value.start) / value.step))  # type: ignore[operator]
    return 1


class GridSweeper(BasicSweeper):
    """All combinations of `a=1,2 b=x,y`. A launcher that `composes_first` finds mistakes by itself: once is enough."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from src.config.multirun import without_secrets

        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self.config = without_secrets(config)  # which is what is left as `multirun.yaml`

    def sweep(self, arguments: list[str]) -> Any:
        """As Hydra does, once it is known how many jobs there are: it would write all of them down."""
        from src.config.errors import report_errors

        assert self.hydra_context is not None
        with report_errors():
            parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
            size = self.max_batch_size
            if size is not None and size < 1:
                raise ValueError(f"hydra.sweeper.max_batch_size: must be null or at least 1, but got {size}.")
            if (jobs := math.prod(map(_count, parser.parse_overrides(arguments)))) > MOST:
                raise ValueError(f"command line: a sweep must have at most {MOST:,} jobs, but got {jobs:,}.")
        return super().sweep(arguments)

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        if not getattr(self.launcher, "composes_first", False):
            super().validate_batch_is_legal(batch)


@dataclass
class GridSweeperConf(BasicSweeperConf):
    _target_: str = "hydra_plugins.grid_sweeper.GridSweeper"
    params: dict[str, str] | None = field(default_factory=dict)  # no command line could fill Hydra's own null


# In the place of Hydra's default, which a configuration file could only override: then a search could not any more.
ConfigStore.instance().store(group="hydra/sweeper", name="basic", node=GridSweeperConf, provider="perceptron_lab")
