"""What a person sees while a sweep trains: a live table, or a line now and then where there is no terminal."""

import math
import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from src.sweep.status import SweepStatus

REFRESH_SECONDS = 0.25
LINE_SECONDS = 10.0
NAMED = {"epochs": "after all epochs", "patience": "stopped early"}


class Display:
    """Shows `standing` while it is open; `show` after each epoch, with the number of slots."""

    def __init__(self, standing: SweepStatus, console: Console) -> None:
        self.standing, self.console = standing, console
        self.live = Live(console=console, auto_refresh=False, transient=True)
        self._shown = time.perf_counter()

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()
        if error is None:
            self.console.print(line(self.standing))

    def show(self, slots: int) -> None:
        """Draw it anew, if the last time was long enough ago."""
        now = time.perf_counter()
        if now - self._shown < (REFRESH_SECONDS if self.console.is_terminal else LINE_SECONDS):
            return
        self._shown = now
        if self.console.is_terminal:
            self.live.update(table(self.standing, slots), refresh=True)
        else:
            self.console.print(line(self.standing))


def table(standing: SweepStatus, slots: int) -> RenderableType:
    """The standing with a bar for the whole and the slots in use."""
    rows = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rows.add_column(style="bold")
    rows.add_row("done", f"{standing.done} of {standing.total}  {_reasons(standing)}")
    rows.add_row("running", f"{len(standing.running)} in {slots} slots")
    rows.add_row("waiting", str(standing.total - standing.done - len(standing.running)))
    rows.add_row(f"best {standing.objective}", f"{standing.best:.4f}  {standing.best_job}" if standing.best_job else "")
    rows.add_row("speed", f"{standing.rate:,.1f} member-epochs/s, ETA {clock(standing.seconds_left)}")
    whole = standing.done + sum(standing.running.values())
    return Group(ProgressBar(total=standing.total, completed=whole, width=60), rows)


def line(standing: SweepStatus) -> str:
    """The standing in one line."""
    best = f", best {standing.objective} {standing.best:.4f}" if standing.best_job else ""
    left = f", ETA {clock(standing.seconds_left)}" if standing.done < standing.total else ""
    use = f", slot use {100 * standing.slot_use:.1f} %" if standing.offered else ""
    return (
        f"{standing.done}/{standing.total} done{_reasons(standing, ' ')}, {len(standing.running)} running{best}, "
        f"{standing.rate:,.1f} member-epochs/s{left}{use}"
    )


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    if not math.isfinite(seconds):
        return "-:--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _reasons(standing: SweepStatus, before: str = "") -> str:
    named = ", ".join(f"{count} {NAMED.get(reason, reason)}" for reason, count in sorted(standing.reasons.items()))
    return f"{before}({named})" if named else ""
