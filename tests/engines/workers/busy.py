"""A reader that lets no other thread of its process work, as pandas does over a large table."""

import numpy as np


def read(power: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that are told apart, after a computation (20 million: of 6 s) in which Python's lock is held."""
    assert 3**power > 0
    x = np.linspace(-1.0, 1.0, 60)
    return np.stack([x, -x], 1), (x > 0).astype(int)
