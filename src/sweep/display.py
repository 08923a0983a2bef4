"""What a person sees while a sweep trains: a live table, or a line now and then where there is no terminal."""

import math
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table

from src.bars import Place, below_bar, is_notebook
from src.runs.job import Job
from src.runs.outcome import Outcome
from src.runs.stop_reason import StopReason
from src.statistics.rounding import rounded
from src.sweep.status import SweepStatus

REFRESH_SECONDS = 0.25
LINE_SECONDS = 10.0
NAMED = {StopReason.EPOCHS: "after all epochs", StopReason.PATIENCE: "stopped early"}


class Display:
    """Shows `status` while it is open, which it keeps as a listener."""

    def __init__(self, status: SweepStatus, console: Console) -> None:
        self.status, self.console = status, console
        self.live = Live(console=console, auto_refresh=False, transient=True)
        self._shown = time.perf_counter()
        self._is_live = console.is_terminal  # rich asks the environment each time
        self._place = Place() if is_notebook() else None

    def __enter__(self) -> Self:
        if self._is_live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_live:
            self.live.stop()
        if error is None:
            self.console.print(line(self.status))

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """It runs."""
        self.status.begin(job, facts)

    def move(self, job: Job, facts: Mapping[str, str]) -> None:
        """Another worker has it."""
        self.status.move(job, facts)

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Count it, and draw all anew."""
        self.status.add(job, row)
        self._show()

    def end(self, job: Job, outcome: Outcome) -> None:
        """Count it among those that ended."""
        self.status.end(job, outcome.stop_reason)
        self._show()

    def _show(self) -> None:
        """Draw it anew, if the last time was long enough ago."""
        now = time.perf_counter()
        if now - self._shown < (REFRESH_SECONDS if self._is_live or self._place else LINE_SECONDS):
            return
        self._shown = now
        if self._is_live:
            self.live.update(table(self.status), refresh=True)
        elif self._place:
            self._place.show(table(self.status))
        else:
            self.console.print(line(self.status))


def table(status: SweepStatus) -> RenderableType:
    """The status with a bar for the whole."""
    rows = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rows.add_column(style="bold")
    rows.add_row("done", f"{status.done} of {status.total}  {_reasons(status)}")
    rows.add_row("running", str(len(status.running)))
    rows.add_row("waiting", str(status.total - status.done - len(status.running)))
    rows.add_row(f"best {status.objective}", f"{rounded(status.best)}  {status.best_job}" if status.best_job else "")
    rows.add_row("speed", f"{status.rate:,.1f} member-epochs/s, ETA {clock(status.seconds_left)}")
    for name, worker in status.workers.items():
        if worker.jobs:
            rows.add_row(name, f"{len(worker.jobs)} running on {worker.device}, {worker.rate:,.1f} member-epochs/s")
    return below_bar(status.done + sum(status.running.values()), status.total, rows)


def line(status: SweepStatus) -> str:
    """The status in one line."""
    best = f", best {status.objective} {rounded(status.best)}" if status.best_job else ""
    left = f", ETA {clock(status.seconds_left)}" if status.done < status.total else ""
    use = f", slot use {100 * status.slot_use:.1f} %" if status.offered else ""
    return (
        f"{status.done}/{status.total} done{_reasons(status, ' ')}, {len(status.running)} running{best}, "
        f"{status.rate:,.1f} member-epochs/s{left}{use}"
    )


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    if not math.isfinite(seconds):
        return "-:--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _reasons(status: SweepStatus, before: str = "") -> str:
    named = ", ".join(f"{count} {NAMED.get(reason, reason)}" for reason, count in sorted(status.reasons.items()))
    return f"{before}({named})" if named else ""
