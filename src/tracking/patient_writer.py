"""A writer that MLflow cannot stop: what does not get through is told once, and tried again later."""

import time
from collections.abc import Callable

from src.disk import DamagedError
from src.passwords import masked
from src.tracking.deleted import DeletedError
from src.tracking.events import Finish, Follow, Note, RunEvent, Usage, now
from src.tracking.machine import Machine
from src.tracking.writer import Writer

RUN_SECONDS, SWEEP_SECONDS = 2.0, 5.0  # between two batches: a sweep's are large
DOWN = 6  # times as long while MLflow cannot be reached


class PatientWriter:
    """A `Writer` that is due now and then; `say` hears when MLflow cannot be reached, and when it can again, and its notes."""

    def __init__(self, follow: Follow, say: Callable[[str | Note], None], *, seconds: float | None = None) -> None:
        self.writer, self.say = Writer(follow), say
        self.seconds = seconds or (SWEEP_SECONDS if follow.is_sweep else RUN_SECONDS)
        self.machine = Machine() if follow.system_metrics else None
        self.is_down = False
        self._told = ""  # of what is deleted, or damaged
        self.due = time.monotonic()

    def add(self, event: RunEvent) -> None:
        """To be written when it is due."""
        self.writer.add(event)

    def write(self) -> bool:
        """Write what has gathered; whether MLflow has it."""
        if self.machine is not None and self.machine.is_due:
            self._measure(self.machine)
        return self._try(self.writer.write)

    def finish(self, finish: Finish) -> bool:
        """Write all that is left of a run or sweep that has ended; whether MLflow has it."""
        if self.machine is not None:
            self._measure(self.machine)
        return self._try(lambda: self.writer.finish(finish))

    def _measure(self, machine: Machine) -> None:
        self.add(Usage(machine.read(), now()))

    def _try(self, step: Callable[[], None]) -> bool:
        was_down, self.is_down = self.is_down, False
        try:
            step()
        except Exception as error:  # whatever MLflow raises, the training goes on without it
            self.is_down = True
            self._tell(error, was_down)
        else:
            if was_down:
                self.say(f"MLflow at {masked(self.writer.follow.uri)} can be reached again and has what it missed.")
        while self.writer.notes_:
            self.say(Note(self.writer.notes_.pop(0)))
        self.due = time.monotonic() + self.seconds * (DOWN if self.is_down else 1)
        return not self.is_down

    def _tell(self, error: Exception, was_down: bool) -> None:
        reason = masked(" ".join(str(error).partition("[SQL:")[0].split()))
        follow = self.writer.follow
        if isinstance(error, DeletedError | DamagedError):
            if reason != self._told:
                self.say(reason)
            self._told = reason
        elif not was_down:
            advice = f"`python -m src.sync` sends the {'runs' if follow.is_sweep else 'run'} later"
            self.say(f"MLflow at {masked(follow.uri)} cannot be reached; {advice}. ({reason[:200]})")
