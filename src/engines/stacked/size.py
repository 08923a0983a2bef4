"""How many members train best at once, and on what."""

import torch
from torch import nn

from src.models.build import num_params
from src.models.outputs import numbers_per_row

# On CPUs the weights, gradients and optimizer state of all slots are read and written at each step, and so is what their
# layers make of its rows: both should stay in the caches. On GPUs memory is the limit, and steps are so short that their
# launch costs more than a larger stack.
CPU_WEIGHTS, CPU_ACTIVATIONS = 2**22, 2**19
GPU_SHARE = 0.25  # of the free memory, for parameters with gradients, state, best weights and temporaries
MOST = 4096


def choose_slots(model: nn.Module, device: torch.device, rows_per_step: int, most: int = MOST) -> int:
    """A power of two that suits `model` on `device`, by its parameters and the numbers that a step makes; at most `most`."""
    weights, activations = max(1, num_params(model)), max(1, rows_per_step * numbers_per_row(model, 0))
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        slots = int(GPU_SHARE * free / 4 / 8) // max(weights, activations)
    else:
        slots = min(CPU_WEIGHTS // weights, CPU_ACTIVATIONS // activations)
    return min(most, MOST, 2 ** (max(1, slots).bit_length() - 1))
