"""Hydra's own sweeper, less its check of every job where the launcher does the same again."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper, BasicSweeperConf
from hydra.core.config_store import ConfigStore
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class GridSweeper(BasicSweeper):
    """All combinations of `a=1,2 b=x,y`. A launcher that `composes_first` finds mistakes by itself: once is enough."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from src.config.multirun import without_secrets

        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self.config = without_secrets(config)  # which is what is left as `multirun.yaml`

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        if not getattr(self.launcher, "composes_first", False):
            super().validate_batch_is_legal(batch)


@dataclass
class GridSweeperConf(BasicSweeperConf):
    _target_: str = "hydra_plugins.grid_sweeper.GridSweeper"


# In the place of Hydra's default, which a configuration file could only override: then a search could not any more.
ConfigStore.instance().store(group="hydra/sweeper", name="basic", node=GridSweeperConf, provider="perceptron_lab")
