"""A process of a run beside its first: it computes its part of each batch, and leaves nothing behind."""

import logging
import os
import pickle
import select
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from src.config.schema import Run
from src.engines.single.line import BEAT_SECONDS, READY, Line, Word
from src.engines.single.silence import Silence
from src.passwords import masked, remember


def main() -> None:
    """Train what stdin says with the process that has started this one, and is at the other end of the line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever hears that this one has ended tells of it
    logging.disable(logging.WARNING)  # the first process warns of the same
    warnings.simplefilter("ignore")
    line = Line(socket.socket(fileno=int(sys.argv[2])))
    first, run, folder, place = pickle.load(sys.stdin.buffer)
    remember(run.plain())
    threading.Thread(target=_live_with, args=(line, first, run.trainer.timeout_seconds), daemon=True).start()
    line.say(_train(run, folder, place, line))
    os._exit(0)


def _live_with(line: Line, first: int, silence: float) -> None:
    """No longer than process `first` at the other end, nor if that gives no sign of life."""
    of_first = Silence(line, first)
    while line.is_open and not of_first.is_too_long(silence):
        line.beat()
        select.select([line], [], [], BEAT_SECONDS)
        line.listen()
    if line.is_open:
        line.say(Word(f"the silence of the first process for {silence:g} s (trainer.timeout_seconds)"))
        os.kill(first, signal.SIGCONT)  # frozen, perhaps: it is to tell of its end
    os._exit(1)


def _train(run: Run, folder: Path, place: tuple[Any, ...], line: Line) -> Word:
    from rich.console import Console

    from src.data.reading import read_dataset
    from src.engines.single.engine import fit_best
    from src.engines.single.group import is_of_another
    from src.engines.single.position import Position

    @contextmanager
    def meeting() -> Iterator[Position]:
        line.beat(READY)
        yield Position(*place)

    try:
        dataset, quiet = read_dataset(run.data), Console(quiet=True)
        fit_best(run, dataset, folder, console=quiet, on_epoch=lambda row: True, processes=meeting())
    except BaseException as error:
        from src.config.messages import mistake

        return Word(masked(mistake(error) or f"{type(error).__name__}: {error}"), is_of_another(error))
    return Word(None)
