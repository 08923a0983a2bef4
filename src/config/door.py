"""The start of a door without Hydra: its help, the signals, and how a mistake is told."""

import sys
from collections.abc import Callable, Sequence

from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output


def enter(told: str | None, act: Callable[[Sequence[str]], None]) -> None:
    """`act` on the command line's arguments; with `--help` print what is `told` instead."""
    raise_on_signals()
    with report_errors(), output(goes_on=False):
        if {"-h", "--help"} & set(sys.argv[1:]):
            print(told)
            return
        show_warnings()
        act(sys.argv[1:])
