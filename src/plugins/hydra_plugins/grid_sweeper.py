"""Hydra's own sweeper, less its check of every job where the launcher does the same again."""

from collections.abc import Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra_plugins.stacked_launcher import StackedLauncher


class GridSweeper(BasicSweeper):
    """All combinations of `a=1,2 b=x,y`. `StackedLauncher` composes all jobs before the first begins: once is enough."""

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        if not isinstance(self.launcher, StackedLauncher):
            super().validate_batch_is_legal(batch)
