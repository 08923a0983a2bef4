"""A reader that makes workers stack their jobs, as those of a machine with a GPU do."""

import numpy as np
from ray._private.worker import WORKER_MODE, global_worker

from src.engines import dispatch


def read() -> tuple[np.ndarray, np.ndarray]:
    """Two classes that are told apart. The driver goes on as a machine without a GPU."""
    if global_worker.mode == WORKER_MODE:
        dispatch._is_for_native = lambda run: False
    x = np.linspace(-1.0, 1.0, 60)
    return np.stack([x, -x], 1), (x > 0).astype(int)
