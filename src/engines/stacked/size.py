"""How many members train best at once, and on what."""

import torch
from torch import nn

from src.models.build import num_params
from src.models.outputs import numbers_per_row

# On CPUs the weights, gradients and optimizer state of all slots are read and written at each step: they should stay in
# the caches. On GPUs memory is the limit, and steps are so short that their launch costs more than a larger stack.
CPU_NUMBERS = 2**22
GPU_SHARE = 0.25  # of the free memory, for parameters with gradients, state, best weights and temporaries
MOST = 4096


def choose_slots(model: nn.Module, device: torch.device, rows_per_step: int, most: int = MOST) -> int:
    """A power of two that suits `model` on `device`, with its parameters or, where these are more, the numbers of a step.

    At most `most`.
    """
    numbers = CPU_NUMBERS
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        numbers = int(GPU_SHARE * free / 4 / 8)
    slots = max(1, numbers // max(1, num_params(model), rows_per_step * numbers_per_row(model, 0)))
    return min(most, MOST, 2 ** (slots.bit_length() - 1))
