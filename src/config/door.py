"""The start of a door without Hydra: its help, the signals, and how a mistake is told."""

import sys
from collections.abc import Callable, Sequence

from src.config.errors import raise_on_signals, report_errors, show_warnings


def enter(told: str | None, act: Callable[[Sequence[str]], None]) -> None:
    """`act` on the command line's arguments; with `--help` print what is `told` instead."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(told)
        return
    raise_on_signals()
    show_warnings()
    with report_errors():
        act(sys.argv[1:])
