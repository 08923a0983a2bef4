"""How a door ends: one line for a user's mistake, the exit codes of signals, no traceback unless it is asked for."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from src.passwords import masked

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HEARD: list[signal.Signals] = []  # of them, those that raise
_raises = False  # whether this process was called from Python
SHOW_TRACEBACK = os.environ.get("HYDRA_FULL_ERROR", "0") not in ("", "0")


class Told(BaseException):
    """A user's mistake in one line, on its way to the caller from Python: caught by nothing that the caller has not asked."""


class Interrupted(BaseException):
    """Ctrl-C, SIGTERM or a terminal that was closed: ends the run in good order, caught by nothing on the way."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


def raise_on_signals() -> None:
    """Let each of ENDING raise Interrupted in the main thread; a second one meets the system's default.

    SIGHUP stays ignored where it is: nohup's runs outlive their terminal.
    """
    _HEARD[:] = [signum for signum in ENDING if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN]

    def interrupt(signum: int, frame: FrameType | None) -> None:
        _no_more()
        raise Interrupted(signum)

    for signum in _HEARD:
        signal.signal(signum, interrupt)


def _no_more() -> None:
    """From here on a signal ends the process at once."""
    for signum in _HEARD:
        signal.signal(signum, signal.SIG_DFL)


def show_warnings() -> None:
    """Warnings on stderr, a line each, as Hydra's doors have them; MLflow, if it came first, would show errors alone."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING, force=True)


@contextmanager
def raise_errors() -> Iterator[None]:
    """Inside, what goes wrong is for whoever called from Python: ValueError of one line, KeyboardInterrupt."""
    global _raises
    before, _raises = _raises, True
    try:
        with report_errors():
            yield
    except Told as told:
        raise ValueError(str(told)) from told.__cause__
    finally:
        _raises = before


@contextmanager
def report_errors() -> Iterator[None]:
    """Tell what goes wrong inside in one line on stderr: exit code 1, or that of a signal: 130 after Ctrl-C."""
    try:
        yield
    except (Interrupted, KeyboardInterrupt) as interrupted:
        if _raises:
            raise KeyboardInterrupt from interrupted
        signum = interrupted.signum if isinstance(interrupted, Interrupted) else signal.SIGINT
        sys.exit(128 + signum)
    except Exception as error:
        from src.config.messages import mistake

        if SHOW_TRACEBACK or (line := mistake(error)) is None:
            raise
        if _raises:
            raise Told(masked(line)) from error
        print(f"error: {masked(line)}", file=sys.stderr)
        _no_more()  # all is told: what Python does at its end is to raise nothing more
        sys.exit(1)
