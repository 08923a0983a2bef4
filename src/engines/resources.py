"""Where the jobs of a sweep are trained: in this process, or by workers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Hydra's plugins are imported at each start
    from rich.console import Console

    from src.config.schema import Run
    from src.data.reading import LastRead
    from src.engines.build import Read
    from src.engines.dispatch import Dispatch
    from src.engines.stacked.snapshot import Snapshot
    from src.engines.workers.workers import Workers
    from src.runs.job import JobSource
    from src.runs.listener import Listener


@dataclass(frozen=True)
class Resources:
    """`slots`: how many runs train at once in a process, None chooses. `workers`: processes on each machine of the cluster at
    `address`, or on this one alone; None and no address: none, this process trains. Raises ValueError naming the key.
    """

    slots: int | None = None
    workers: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("slots", self.slots), ("workers", self.workers)):
            if value is not None and not (type(value) is int and value >= 1):
                raise ValueError(f"hydra.launcher.{name}: must be null or a number of at least 1, but got {value!r}.")
        if self.address is not None and (not isinstance(self.address, str) or self.address.startswith("ray://")):
            raise ValueError(
                "hydra.launcher.address: must be null, auto or HOST:PORT of a cluster that this machine is part of, but got "
                f"{self.address!r}."
            )
        if self.has_workers and importlib.util.find_spec("ray") is None:
            raise ValueError(
                "hydra.launcher.workers: must be null where Ray is not installed (pip install ray), but got "
                f"{self.workers}."
            )

    @property
    def has_workers(self) -> bool:
        """Whether other processes train."""
        return self.workers is not None or self.address is not None

    @property
    def key_of(self) -> Callable[[Run, Read], Hashable]:
        """What runs agree on that train together: in a cluster those that a GPU stacks, whatever this machine would do."""
        from src.engines.build import spec_with_folds
        from src.engines.dispatch import kind_of

        return kind_of if self.address is None else spec_with_folds

    def check(self) -> None:
        """Raises ValueError, before anything is recorded, if there is no cluster at `address`."""
        if self.address is not None:
            from src.engines.workers.cluster import reach  # imports Ray

            reach(self.address)

    def trainer(
        self,
        source: JobSource,
        listeners: Sequence[Listener],
        *,
        console: Console,
        data: LastRead,
        prunes: bool,
        most: int | None = None,
        on_snapshot: Callable[[Snapshot | None], None] = lambda snapshot: None,
    ) -> Dispatch | Workers:
        """What trains all that `source` has, which `prunes` or never ends a job early.

        `most`: how many slots are chosen for a stack at most, where they are not said; workers share them.
        """
        given: dict[str, Any] = {"console": console, "data": data, "slots": self.slots} | (
            {"most": most} if most else {}
        )
        if not self.has_workers:
            from src.engines.dispatch import Dispatch

            return Dispatch(source, listeners, **given, on_snapshot=on_snapshot)
        from src.engines.workers.workers import Workers  # imports Ray

        return Workers(
            source,
            listeners,
            **given,
            count=self.workers,
            address=self.address,
            prunes=prunes,
            on_commit=lambda: on_snapshot(None),
        )


HERE = Resources()
