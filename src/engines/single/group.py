"""The processes of one run on this node: the one that asks for them, and as many as are wanted beside it.

Each has a line to the first (see `line.py`): so none outlives it, one that dies or is frozen ends the run in time, and so
does Ctrl-C while the first waits for another in the middle of a step.
"""

import math
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from src.config.errors import ENDING, Interrupted
from src.engines.single.line import BEAT_SECONDS, Line
from src.engines.single.other import Loss, Other

END_SECONDS = 20.0  # in which a process that has trained to the end is gone
TELL_SECONDS = 5.0  # in which it is known why a process was lost


class Group:
    """Watches `others`, each the process of a rank, in a thread: as soon as one is lost, or this process is to end, all are."""

    def __init__(self, others: Mapping[int, Any], silence: float) -> None:
        self.silence, self.losses_ = silence, list[Loss]()
        self.others = [Other(rank, given) for rank, given in others.items()]
        # Python writes there of a signal, whatever the main thread waits for.
        self._signals, self._wakeup = socket.socketpair()
        self._signals.setblocking(False)
        self._wakeup.setblocking(False)
        self._closing, self._is_main = threading.Event(), threading.current_thread() is threading.main_thread()
        self._before = self._wakes(self._wakeup.fileno())
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def wait_until_ready(self) -> None:
        """Until all have come to where they meet."""
        while not all(other.line.is_ready for other in self.others):
            if self.losses_:
                raise self.error()
            time.sleep(0.05)

    def error(self, broken: BaseException | None = None) -> BaseException:
        """What has broken the group, once it is known, which may be after what it has `broken` off."""
        self._thread.join(TELL_SECONDS)
        if broken is not None and not self.losses_:  # on another node, perhaps
            return lost(broken)
        loss = min(self.losses_, key=lambda loss: loss.is_of_another)
        return Interrupted(loss.signum) if loss.signum else _lost(loss.why)

    def wait(self) -> None:
        """For those that have trained to the end, so that nothing of them is left."""
        for other in self.others:
            with suppress(subprocess.TimeoutExpired):
                other.process.wait(END_SECONDS)

    def close(self) -> None:
        """End what there is of it."""
        self._closing.set()
        self._kill()
        self._thread.join()
        self._wakes(self._before)
        for other in self.others:
            other.process.wait()
            other.line.connection.close()
        self._signals.close()
        self._wakeup.close()

    def _wakes(self, descriptor: int) -> int:
        if not self._is_main:
            return -1
        return signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)

    def _watch(self) -> None:
        lines = [other.line for other in self.others]
        due, until = time.monotonic(), math.inf
        while not self._closing.is_set():
            heard: list[socket.socket | Line] = [self._signals, *(line for line in lines if line.is_open)]
            select.select(heard, [], [], BEAT_SECONDS / 4)
            if is_due := time.monotonic() >= due:
                due = time.monotonic() + BEAT_SECONDS
            for line in lines:
                line.listen()
                if is_due and line.is_open:
                    line.beat()
            self.losses_ = [loss for other in self.others if (loss := other.why_lost(self.silence))]
            if self.losses_:
                until = min(until, time.monotonic() + TELL_SECONDS / 2)
            knows_why = not all(loss.is_of_another for loss in self.losses_) or time.monotonic() > until
            if knows_why or self._is_to_end():
                self._kill()
                return

    def _is_to_end(self) -> bool:
        with suppress(BlockingIOError):
            return any(signum in ENDING for signum in self._signals.recv(64))
        return False

    def _kill(self) -> None:
        """So that whoever waits for them, however deep in a library, waits no more."""
        for other in self.others:
            with suppress(ProcessLookupError):
                other.process.kill()


@contextmanager
def grouped(others: Mapping[int, Any], silence: float) -> Iterator[None]:
    """Inside, each of `others` has a process that computes with this one; `given` is what each is told, by rank.

    Raises ChildProcessError, naming the rank and why, when one is lost, and Interrupted if one was told to end.
    """
    group = Group(others, silence)
    try:
        group.wait_until_ready()
        yield
        group.wait()
    except Exception as error:
        if is_of_another(error):
            raise group.error(error) from error
        raise
    finally:
        group.close()


def lost(broken: BaseException) -> ChildProcessError:
    """The error of a run of which a process was lost, of which nothing is known but what it has `broken` off."""
    told = str(broken).rpartition("] ")[2].partition(". ")[0]  # without the place in a library's source, and its advice
    return _lost(f"one lost ({told})")


def _lost(what: str) -> ChildProcessError:
    return ChildProcessError(f"trainer.devices: every process of a run must live to its end, but got {what}.")


def is_of_another(error: BaseException) -> bool:
    """Whether `error` is one of a library that has lost another process."""
    from torch.distributed import DistError

    told = str(error)
    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and ("gloo" in told or "NCCL" in told))
