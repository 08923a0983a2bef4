"""Data on their way to machines that do not have them: read by the driver, and held once on each by Ray's object store."""

import io
import pickle
import warnings
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray

from src.data.dataset import Dataset


class Shipment(NamedTuple):
    """A dataset: what it is, and its numbers apart, which all workers of a machine read where the store has them."""

    content: bytes
    buffers: list[NDArray[np.uint8]]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Its tensors are not copied."""
        file, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
        # Without what it has computed for its models; the digest need not be found again.
        _Pickler(file, protocol=5, buffer_callback=buffers.append).dump(replace(dataset, content=dataset.digest))
        return cls(file.getvalue(), [np.asarray(buffer.raw()) for buffer in buffers])

    def unpacked(self) -> Dataset:
        """Its tensors are read-only, and lie where the buffers do."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # nor does anybody write to it
            return pickle.loads(self.content, buffers=self.buffers)


class _Pickler(pickle.Pickler):
    """Pickles tensors as arrays, whose numbers need not go through the pickle."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.cpu().contiguous().numpy(),)
        return NotImplemented
