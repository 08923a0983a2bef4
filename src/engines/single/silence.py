"""Whether a process that gives no sign of life is frozen."""

import psutil

from src.engines.single.line import BEAT_SECONDS, Line

LOOK_SECONDS = 2.0


class Silence:
    """That of process `pid`, of this machine, at the other end of `line`.

    One that computes is not frozen: it holds Python's lock for long, as pandas does over a large table.
    """

    def __init__(self, line: Line, pid: int) -> None:
        self.line, self.pid = line, pid
        self._before: float | None = None  # of the processor, as the silence was found too long

    def is_too_long(self, limit: float) -> bool:
        """Whether there was no sign of life for `limit` seconds, and no processor was used in `LOOK_SECONDS` after them."""
        silent = self.line.silent * BEAT_SECONDS
        if silent <= limit:
            self._before = None
        elif self._before is None:
            self._before = self._processor_seconds()
        elif silent > limit + LOOK_SECONDS:
            if self._processor_seconds() == self._before:
                return True
            self.line.silent = 0
        return False

    def _processor_seconds(self) -> float:
        try:
            return float(sum(psutil.Process(self.pid).cpu_times()[:2]))
        except psutil.Error:  # it is gone, or nearly
            return 0.0
