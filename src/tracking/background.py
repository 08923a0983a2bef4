"""The mirror beside a run that trains: batches, off the training thread; a server that is down costs a warning."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from src.tracking.store import without_password
from src.tracking.tracker import Sender

log = logging.getLogger(__name__)


class Mirror:
    """Keeps MLflow in step with `folder`. `interval`: seconds between two sends, so that short epochs go in batches.

    `seconds_` holds what it spent: on `open` and `close` while the run waited, on `send` beside the training.
    """

    def __init__(
        self, folder: Path, *, uri: str | None, experiment: str, run_name: str | None, interval: float = 2.0
    ) -> None:
        self.sender = Sender(folder, uri=uri, experiment=experiment, run_name=run_name)
        self.interval = interval
        self.seconds_ = dict.fromkeys(("open", "send", "close"), 0.0)
        self._news, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlflow-mirror", daemon=True)
        self._warned = False

    def start(self) -> None:
        """Open the run before the first epoch: importing MLflow beside the training would slow it."""
        self.sender.note()
        self._try(self.sender.open, "open")
        self._thread.start()

    def notify(self) -> None:
        """There is a new epoch; returns at once."""
        self._news.set()

    def close(self) -> bool:
        """Send all that is left; True if MLflow has everything."""
        self._closing.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=60.0)
        complete = self._try(self.sender.finish, "close")
        if complete and self._warned:
            log.warning("MLflow at %s can be reached again and has the run.", self._shown(self.sender.uri))
        return complete

    def _work(self) -> None:
        while not self._closing.is_set():
            self._news.wait()
            self._news.clear()
            if not self._closing.is_set():
                self._try(self.sender.send_history, "send")
            self._closing.wait(self.interval if not self._warned else 15 * self.interval)

    def _try(self, step: Callable[[], None], name: str) -> bool:
        started = time.perf_counter()
        try:
            step()
        except Exception as error:  # whatever MLflow raises, a run goes on without it
            reason = self._shown(" ".join(str(error).split()))
            if not self._warned:
                advice = "`python -m src.sync` sends the run later"
                log.warning(
                    "MLflow at %s cannot be reached; %s. (%s)", self._shown(self.sender.uri), advice, reason[:200]
                )
                self._warned = True
            log.info("MLflow: %s", reason)
            return False
        finally:
            self.seconds_[name] += time.perf_counter() - started
        return True

    def _shown(self, text: str) -> str:
        return without_password(text, self.sender.uri)
