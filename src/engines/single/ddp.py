"""Lightning's strategy for several processes, with limits to how long they wait for one another."""

from datetime import timedelta
from typing import Any

from pytorch_lightning.strategies import DDPStrategy
from torch.distributed.distributed_c10d import _set_pg_timeout

from src.config.schema import Trainer
from src.engines.single.ranks import launched

START = timedelta(minutes=10)  # from the first process that is there to the last
EVER = timedelta(days=365)


class Ddp(DDPStrategy):
    """Lightning's DDP for `settings`: who gives no sign of life is lost.

    The processes that a run has started itself tell each other that they live, and wait as long as it takes, say for a
    callback of the first one's; those that nobody here watches wait for `timeout_seconds` at most.
    """

    def __init__(self, settings: Trainer) -> None:
        unused: dict[str, Any] = {"find_unused_parameters": True} if settings.strategy.endswith("_true") else {}
        # Buffers hold the keys of each process's own rows; DDP would overwrite them with those of rank 0.
        super().__init__(forward_sync_buffers=False, timeout=START, **unused)
        self._is_watched = launched(settings) is None and settings.num_nodes == 1
        self._limit = timedelta(seconds=settings.timeout_seconds)

    def setup_distributed(self) -> None:
        super().setup_distributed()
        # NCCL does not end its waiting for a process that is dead.
        _set_pg_timeout(EVER if self._is_watched and self.process_group_backend == "gloo" else self._limit)
