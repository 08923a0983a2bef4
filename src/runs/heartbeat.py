"""Signs of life, given now and then by a thread: for those who cannot look at this process."""

import threading
from collections.abc import Callable
from contextlib import suppress

BEAT_SECONDS = 10.0  # between two signs
STALE_SECONDS = 120.0  # without one, after which a process counts as gone: a network's disk tells late


class Heartbeat:
    """Calls `beat` every few seconds until it is stopped; one that fails is followed by the next."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self.beat = beat
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No beat comes after this."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            with suppress(Exception):
                self.beat()
