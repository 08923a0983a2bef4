"""What the machine does while runs train: MLflow's own system metrics, by their names, and the energy that it takes."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from src.tracking.energy import GpuEnergy, ProcessorEnergy

VARIABLE = "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL"  # MLflow's own
SECONDS = 10.0  # MLflow's default


class Meter(Protocol):
    """Something of the machine that can be read."""

    def read(self) -> dict[str, float]:
        """Figures by name, of the time since the reading before or since the first."""


class Machine:
    """The machine that this process is on, as a whole, whoever uses it. What cannot be read here is left out.

    It is read where MLflow is written, so that what cannot be sent at once is kept with everything else, as MLflow's own
    monitor, which ends with a server that is down, does not.
    """

    def __init__(self) -> None:
        made = map(_made, (*_of_mlflow(), ProcessorEnergy, GpuEnergy))
        self._meters = [meter for meter in made if meter is not None]
        self._seconds = float(os.environ.get(VARIABLE) or SECONDS)
        self._due = time.monotonic() + self._seconds

    @property
    def is_due(self) -> bool:
        """Whether the last reading is long enough ago."""
        return time.monotonic() >= self._due

    def read(self) -> dict[str, float]:
        """`system/...` by name: percentages since the reading before, energy and network traffic since this was made."""
        self._due = time.monotonic() + self._seconds
        figures: dict[str, float] = {}
        for meter in self._meters:
            with suppress(Exception):  # a GPU that has gone, say: the others are told
                figures |= meter.read()
        return {f"system/{name}": value for name, value in figures.items()}


class _Monitor:
    """One of MLflow's."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._monitor = make()
        self.read()  # a processor's use is told since the last time that it was asked

    def read(self) -> dict[str, float]:
        self._monitor.collect_metrics()
        figures = dict(self._monitor.aggregate_metrics())
        self._monitor.clear_metrics()
        return figures


def _of_mlflow() -> list[Callable[[], Meter]]:
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
    from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor
    from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor
    from mlflow.system_metrics.metrics.rocm_monitor import ROCMMonitor

    makers = (CPUMonitor, DiskMonitor, NetworkMonitor, GPUMonitor, ROCMMonitor)
    return [lambda make=make: _Monitor(make) for make in makers]  # type: ignore[misc]


def _made(make: Callable[[], Meter]) -> Meter | None:
    try:
        return make()
    except Exception:  # no such device, no library for it, or no right to read it
        return None
