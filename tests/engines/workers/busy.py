"""A reader that lets no other thread of its process work, as pandas does for large tables."""

import numpy as np
from ray._private.worker import WORKER_MODE, global_worker


def read() -> tuple[np.ndarray, np.ndarray]:
    """Two classes that are told apart; in a worker after several seconds in which Python's lock is held."""
    if global_worker.mode == WORKER_MODE:
        assert 3**20_000_000 > 0
    x = np.linspace(-1.0, 1.0, 60)
    return np.stack([x, -x], 1), (x > 0).astype(int)
