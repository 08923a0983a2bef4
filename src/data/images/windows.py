"""Windows: values of interest become black to white, the others either (DICOM PS3.3 C.11.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def linear(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """(x - (c - 0.5)) / (w - 1) + 0.5 of white, clipped: DICOM's default; a width of 1 is a threshold."""
    import numpy as np

    if width <= 1:
        return np.where(values <= centre - 0.5, 0.0, 255.0).astype(np.float32)
    return (((values - (centre - 0.5)) / (width - 1) + 0.5) * 255).clip(0, 255)


def linear_exact(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """(x - c) / w + 0.5 of white, clipped."""
    return (((values - centre) / width + 0.5) * 255).clip(0, 255)


def sigmoid(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """1 / (1 + exp(-4 (x - c) / w)) of white."""
    import numpy as np

    return 255 / (1 + np.exp((-4 * (values - centre) / width).clip(-80, 80)))


WINDOWS: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "LINEAR": linear,
    "LINEAR_EXACT": linear_exact,
    "SIGMOID": sigmoid,
}
