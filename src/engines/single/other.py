"""Another process of a run, as the first one sees it."""

import pickle
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from src.config.errors import ENDING
from src.engines.single.line import Line
from src.engines.single.silence import Silence

SOURCE = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {__package__}.rank import main; main()"


class Loss(NamedTuple):
    """Why a process does not compute any more: perhaps it lost another itself, or a signal told it to end."""

    why: str
    is_of_another: bool = False
    signum: int = 0


class Other:
    """Another process of the run: `rank`, which is to compute its part of what `given` says."""

    def __init__(self, rank: int, given: Any) -> None:
        self.rank = rank
        mine, its = socket.socketpair()
        with its:
            command = [sys.executable, "-c", PROGRAM, str(SOURCE), str(its.fileno())]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[its.fileno()]
            )
        self.line = Line(mine)
        self._silence = Silence(self.line, self.process.pid)
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as pipe:
            pickle.dump(given, pipe)

    @property
    def has_ended(self) -> bool:
        """Whether it has trained to the end."""
        word = self.line.word
        return word is not None and word.error is None

    def why_lost(self, silence: float) -> Loss | None:
        """Why it does not compute any more; None while it does. `silence`: for how many seconds it may give no sign."""
        name = f"rank {self.rank} (process {self.process.pid})"
        if self._silence.is_too_long(silence):
            return Loss(f"no sign of life of {name} for {silence:g} s (trainer.timeout_seconds)")
        if self.line.is_open or self.has_ended:
            return None
        if word := self.line.word:
            return Loss(f"{name}, ended by {word.error}", word.is_of_another)
        status = self.process.wait()  # it has hung up
        by = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Loss(f"{name}, ended by {by}", signum=-status if -status in ENDING else 0)
