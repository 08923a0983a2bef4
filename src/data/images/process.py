"""Work on batches in a process of its own, which shares no lock of Python's with the others.

Started as a program, not by `multiprocessing`: that would import the user's script or notebook once more.
"""

import os
import pickle
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

SOURCE = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {__name__} import main; main()"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Process(Generic[Item, Done]):
    """Does `work`, which can be pickled, on each item of a batch. It ends when `end` is called, or this process does."""

    def __init__(self, work: Callable[[Item], Done]) -> None:
        command, given = [sys.executable, "-c", PROGRAM, str(SOURCE)], {**os.environ, **ONE_THREAD}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=given)
        self._work: Callable[[Item], Done] | None = work

    def __call__(self, items: Sequence[Item]) -> list[Done]:
        """The results, in order; raises what `work` raises, and ValueError where the process died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            if self._work is not None:
                pickle.dump(self._work, self._process.stdin)
                self._work = None
            pickle.dump(list(items), self._process.stdin)
            self._process.stdin.flush()
            done = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError):
            raise ValueError("data: a process that decodes images must live, but it was killed.") from None
        if isinstance(done, BaseException):
            raise done
        return list(done)

    def end(self) -> None:
        """Whatever it is at."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """In the other process: until nothing more comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    work = pickle.load(sys.stdin.buffer)
    while True:
        try:
            items = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            pickle.dump([work(item) for item in items], answers)
        except Exception as error:
            pickle.dump(error, answers)
        answers.flush()
