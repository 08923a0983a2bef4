"""A sweep's mirror in a process of its own: beside the training it shares neither Python's lock nor the time of an import."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from src.tracking.sweep import SweepMirror

log = logging.getLogger(__name__)

Call = tuple[str, tuple[Any, ...]]
LAST = ("close", "finish")
SHIP_SECONDS = 0.5  # between two messages
CLOSE_SECONDS = 180.0  # for what is left at the end


class Scribe:
    """Does what a `SweepMirror` does, of which it has the methods; begins to import MLflow as soon as it is made.

    Every method returns at once, but for `close` and `finish`. Should this process die, so does the other, at once:
    whoever goes on with the sweep is alone at it.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-c", f"from {__name__} import main; main()"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._shipped, self._ended = time.perf_counter(), False

    def open(self, folder: Path, uri: str | None, experiment: str) -> None:
        """The sweep whose mirror this is: the first call."""
        self._call("open", folder, uri, experiment)

    def start(self, known: list[Path], tags: Mapping[str, str]) -> None:
        self._call("start", known, dict(tags))
        self._ship()

    def begin(self, folder: Path, name: str, values: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self._call("begin", folder, name, values, dict(tags))

    def row(self, folder: Path, row: dict[str, float]) -> None:
        self._call("row", folder, row)

    def end(self, folder: Path, results: dict[str, Any]) -> None:
        self._call("end", folder, results)

    def standing(self, figures: dict[str, float], step: int) -> None:
        self._call("standing", figures, step)

    def close(self, status: str | None) -> None:
        """Wait until MLflow has what is left; with a `status` the sweep was broken off, and its parent run ends."""
        self._last("close", status)

    def finish(self, status: str, best: Path | None) -> None:
        """Wait until MLflow has what is left, the files of the `best` member and those of the sweep, which has ended."""
        self._last("finish", status, best)

    def hurry(self) -> None:
        """Let the other process write what has gathered, while this one does something else."""
        self._call("hurry")
        self._ship()

    def _last(self, name: str, *arguments: Any) -> None:
        if self._ended:
            return
        self._ended = True
        self._call(name, *arguments)
        self._ship()
        assert self._process.stdin is not None
        code: int | str
        try:
            self._process.stdin.close()
            code = self._process.wait(CLOSE_SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired) as error:
            self._process.kill()
            code = type(error).__name__
        if code != 0:
            log.warning("MLflow has not got all of the sweep; `python -m src.sync` sends what it lacks. (%s)", code)

    def _call(self, name: str, *arguments: Any) -> None:
        with self._lock:
            self._calls.append((name, arguments))
        if time.perf_counter() - self._shipped > SHIP_SECONDS:
            self._ship()

    def _ship(self) -> None:
        assert self._process.stdin is not None
        with self._lock:
            calls, self._calls, self._shipped = self._calls, [], time.perf_counter()
            try:
                pickle.dump(calls, self._process.stdin)
                self._process.stdin.flush()
            except BrokenPipeError:  # it is dead, of which `close` tells
                pass


def main() -> None:
    """Do the calls that come in by the pipe, until `close` or `finish`."""
    for signum in (signal.SIGINT, signal.SIGTERM):  # a terminal's Ctrl-C is the training's: it will say how it ends
        signal.signal(signum, signal.SIG_IGN)
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    calls: SimpleQueue[Call] = SimpleQueue()
    threading.Thread(target=_receive, args=(calls,), daemon=True).start()
    import mlflow.store.tracking.sqlalchemy_store
    import mlflow.tracking  # noqa: F401  the seconds that this takes are over when the first call comes

    mirror: SweepMirror | None = None
    name = ""
    while name not in LAST:
        name, arguments = calls.get()
        if name == "open":
            folder, uri, experiment = arguments
            mirror = SweepMirror(folder, uri=uri, experiment=experiment)
        elif mirror is not None:  # else the sweep ended before it began
            getattr(mirror, name)(*arguments)


def _receive(calls: "SimpleQueue[Call]") -> None:
    """Read on, so that the pipe is never full; without a last call the other end is dead, and nobody may write any more."""
    name = ""
    while name not in LAST:
        try:
            message = pickle.load(sys.stdin.buffer)
        except EOFError:
            os._exit(1)
        for name, arguments in message:
            calls.put((name, arguments))
