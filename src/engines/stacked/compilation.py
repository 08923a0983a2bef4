"""What compiles the functions of a stack's steps."""

from collections.abc import Callable
from typing import TypeVar

import torch

from src.runs.build import check_compiler

Function = TypeVar("Function", bound=Callable[..., object])


def build_compiler(device: torch.device) -> Callable[[Function], Function]:
    """torch.compile as it suits `device`: CUDA replays captured graphs without Python, CPUs get code for their threads.

    Raises ValueError where no compiler is found.
    """
    check_compiler(device)
    if device.type == "cpu":
        return lambda function: torch.compile(function)  # type: ignore[return-value]
    return lambda function: torch.compile(function, mode="reduce-overhead")  # type: ignore[return-value]
