"""Energy since the first reading, where the machine tells it: of processors by RAPL, of NVIDIA's GPUs by NVML."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
PACKAGES = "intel-rapl:[0-9]*"  # AMD's too; below a package, as `intel-rapl:0:1`, are parts of it


class ProcessorEnergy:
    """Joules of all packages. Raises OSError where there are none, or this user may not read them (most let only root)."""

    def __init__(self, root: Path = POWERCAP) -> None:
        packages = [path for path in sorted(root.glob(PACKAGES)) if path.name.count(":") == 1]
        if not packages:
            raise FileNotFoundError(root / PACKAGES)
        self._ranges = {path: _number(path / "max_energy_range_uj") for path in packages}
        self._last = self._now()
        self._microjoules = 0

    def read(self) -> dict[str, float]:
        """What they have taken since this was made; a counter that has run over goes on from 0."""
        now = self._now()
        self._microjoules += sum((now[path] - self._last[path]) % (top + 1) for path, top in self._ranges.items())
        self._last = now
        return {"cpu_energy_joules": self._microjoules / 1e6}

    def _now(self) -> dict[Path, int]:
        return {path: _number(path / "energy_uj") for path in self._ranges}


class GpuEnergy:
    """Joules of each GPU. Raises ImportError without `nvidia-ml-py`, its own NVMLError where there is no such GPU."""

    def __init__(self) -> None:
        import pynvml

        pynvml.nvmlInit()
        self._read = pynvml.nvmlDeviceGetTotalEnergyConsumption  # in mJ
        self._gpus = [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(pynvml.nvmlDeviceGetCount())]
        self._first = [self._read(gpu) for gpu in self._gpus]

    def read(self) -> dict[str, float]:
        """What each has taken since this was made."""
        taken = [self._read(gpu) - first for gpu, first in zip(self._gpus, self._first, strict=True)]
        return {f"gpu_{number}_energy_joules": millijoules / 1e3 for number, millijoules in enumerate(taken)}


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))
