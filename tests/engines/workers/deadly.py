"""A reader that no worker survives."""

import os
import signal

import numpy as np


def read() -> tuple[np.ndarray, np.ndarray]:
    """Kills the process that calls it."""
    os.kill(os.getpid(), signal.SIGKILL)
    return np.zeros((2, 2)), np.zeros(2)
