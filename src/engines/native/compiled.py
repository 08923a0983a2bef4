"""What makes machine code of the functions here: numba, as our loops need it."""

from collections.abc import Callable
from typing import Any

from numba import njit

from src.engines.native.cache import keep_on_disk

# Sums may be reordered, so loops use vector registers. Left out are nnan and ninf: with them a divergence goes unseen.
REORDER = {"reassoc", "contract", "arcp", "nsz"}

Function = Callable[..., Any]


def part(function: Function) -> Function:
    """`function` as a part of a program: compiled with each that calls it, for the types that it is called with."""
    # As in numpy a division by zero gives infinity: checks would keep loops from the vector registers.
    compiled: Function = njit(nogil=True, error_model="numpy", fastmath=REORDER)(function)
    return compiled


def program(function: Function) -> Function:
    """`function` as Python calls it: compiled once on a machine, and without Python's lock while it runs."""
    return keep_on_disk(part(function))
