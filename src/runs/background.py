"""What listeners do slowly: one call after another beside the training, in the order in which they came."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from src.runs.listener import RecordError


class Background:
    """A thread and its queue, open as a context. What a listener submits comes after all that earlier listeners have."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._submitted: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def submit(self, call: Callable[[], None]) -> None:
        """Call it once all that was submitted before is done."""
        while self._submitted and self._submitted[0].done() and self._submitted[0].exception() is None:
            self._submitted.popleft()
        self._submitted.append(self._pool.submit(call))

    def flush(self) -> None:
        """Wait until all is done; RecordError, from what went wrong there."""
        while self._submitted:
            if (error := self._submitted.popleft().exception()) is not None:
                raise RecordError(str(error)) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._pool.shutdown()
