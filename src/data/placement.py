"""Where the inputs of a split lie: on the device that trains if they fit there, else where they are, and cut batch by batch."""

import torch
from torch import Tensor

from src.data.dataset import Split

GPU_SHARE = 0.5  # of a device's free memory, for the inputs of one split
LARGE = 2**29  # bytes of inputs that may lie on disk: the next of their batches is read while one is trained on


def placed(split: Split, device: torch.device) -> Split:
    """`split` with its labels on `device`, and its inputs too unless they take too much of a GPU's memory."""
    inputs = split.inputs
    if (
        device.type != "cuda"
        or inputs.device == device
        or inputs.nbytes <= GPU_SHARE * torch.cuda.mem_get_info(device)[0]
    ):
        inputs = inputs.to(device)
    return Split(inputs, split.labels.to(device))


def cut(inputs: Tensor, rows: Tensor) -> Tensor:
    """The `rows` (B,) of `inputs`, on the device of `rows`."""
    return inputs[rows.to(inputs.device)].to(rows.device)
