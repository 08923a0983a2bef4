"""The writer's process: beside the training it shares neither Python's lock nor the time of an import."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from src.config.errors import ENDING, show_warnings
from src.config.terminal import output
from src.tracking.events import Close, Event, Finish, Follow, Hurry, Note
from src.tracking.patient_writer import PatientWriter

log = logging.getLogger(__name__)

SHIP_SECONDS = 0.5  # between two messages
CLOSE_SECONDS = 180.0  # for what is left at the end
SOURCE = Path(__file__).resolve().parent.parent.parent
PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {__name__} import main; main()"
Answer = str | Note | bool  # a warning, what else is to be told, or whether all is written


class WriterProcess:
    """Has what it is told written to MLflow by another process, which begins to import MLflow as soon as this is made.

    Should this process die, so does the other, at once: whoever goes on with the runs is alone at it.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-c", PROGRAM, str(SOURCE)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._answers: SimpleQueue[bool] = SimpleQueue()
        self._was_told = False
        self._shipping, self._closing = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._ship_on, self._listen)]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The other process."""
        return self._process.pid

    def tell(self, event: Event) -> None:
        """Returns at once."""
        self._was_told = True
        self._events.put(event)

    def ask(self, finish: Finish) -> bool:
        """Wait until MLflow has everything that was told; False if it cannot be reached, or has too much to write."""
        self.tell(finish)
        self._ship()
        try:
            return self._answers.get(timeout=CLOSE_SECONDS)
        except Empty:
            return False

    def close(self) -> None:
        """Wait until what is left is written, and end the other process: at once, if it was told nothing."""
        self._closing.set()
        if was_told := self._was_told:
            self.tell(Close())
            self._ship()
        else:
            self._process.kill()
        code: int | str
        try:
            code = self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.wait()
            code = type(error).__name__
        for thread in self._threads:
            thread.join()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if was_told and code != 0:
            log.warning("MLflow has not got everything; `python -m src.sync` sends what it lacks. (%s)", code)

    def _ship_on(self) -> None:
        while not self._closing.wait(SHIP_SECONDS):
            self._ship()

    def _ship(self) -> None:
        assert self._process.stdin is not None
        with self._shipping:
            if events := list(drained(self._events)):
                with suppress(BrokenPipeError):  # it is dead, of which `close` tells
                    pickle.dump(events, self._process.stdin)
                    self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while (answer := received(pipe)) is not None:
                if isinstance(answer, str):
                    log.warning("%s", answer)
                elif isinstance(answer, Note):
                    print(answer.text, flush=True)
                else:
                    self._answers.put(answer)
        self._answers.put(False)  # whoever waits has waited enough


def main() -> None:
    """Write what comes in by the pipe, until `Close`."""
    for signum in ENDING:  # what ends the training, which will say how it ended
        signal.signal(signum, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed here is no answer
    events: SimpleQueue[Event] = SimpleQueue()
    threading.Thread(target=receive, args=(events,), daemon=True).start()

    def answer(what: Answer) -> None:
        pickle.dump(what, answers)
        answers.flush()

    with output(goes_on=True):
        show_warnings()
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
        import mlflow.tracking  # noqa: F401  the seconds that this takes are over when the first event comes

        work(events, answer)


def work(events: "SimpleQueue[Event]", answer: Callable[[Answer], None], seconds: float | None = None) -> None:
    """Write each few `seconds` what has come, until `Close`; `answer` hears of failures, and after `Finish` how it went."""
    writer: PatientWriter | None = None
    while not isinstance(event := _next(events, writer), Close):
        if isinstance(event, Follow):
            if writer is not None:
                writer.write()
            writer = PatientWriter(event, answer, seconds=seconds)
        elif isinstance(event, Finish):
            answer(writer is None or writer.finish(event))
            writer = None
        elif writer is None:
            continue
        elif isinstance(event, Hurry):
            writer.write()
        elif event is not None:
            writer.add(event)
        if writer is not None and time.monotonic() >= writer.due:
            writer.write()
    if writer is not None:
        writer.write()


def receive(events: "SimpleQueue[Event]") -> None:
    """Read on, so that the pipe is never full; without `Close` the other end is dead, and nobody may write any more."""
    while True:
        message = received(sys.stdin.buffer)
        if message is None:
            os._exit(1)
        for event in message:
            events.put(event)
            if isinstance(event, Close):
                return


def received(pipe: IO[bytes]) -> Any:
    """The next message; None if the other end is dead."""
    try:
        return pickle.load(pipe)
    except (EOFError, pickle.UnpicklingError):
        return None


def drained(queue: "SimpleQueue[Event]") -> "list[Event]":
    """All that is in the queue now."""
    found = []
    while not queue.empty():
        found.append(queue.get())
    return found


def _next(events: "SimpleQueue[Event]", writer: PatientWriter | None) -> Event | None:
    """What comes next; None once the writer is due."""
    try:
        return events.get(timeout=None if writer is None else max(0.0, writer.due - time.monotonic()))
    except Empty:
        return None
