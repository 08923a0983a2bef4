"""The line of a worker to its driver: what it says, in the order in which it happened, and the answers to what it asks."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic

from src.engines.workers.messages import Answer, Message, Question
from src.engines.workers.shipment import Shipment

BATCH_SECONDS = 0.05  # what is told waits so long for more, unless it is a question
BEAT_SECONDS = 1.0  # after which a worker that has nothing to say gives a sign of life

Told = Answer | Shipment  # as it comes to the worker


class Mailbox:
    """Threads that train tell and ask; another takes the `batches` to the driver, and one brings its answers."""

    def __init__(self) -> None:
        self.outbox, self._answers = SimpleQueue[Message | BaseException | None](), SimpleQueue[Told]()
        self._asking = Lock()  # one question at a time: data are asked for while others train

    def tell(self, message: Message) -> None:
        """What has happened."""
        self.outbox.put(message)

    def end(self, error: BaseException | None = None) -> None:
        """Nothing follows; with an `error` since that has ended the work."""
        self.outbox.put(error)

    def ask(self, question: Question) -> Told:
        """The driver's answer, once it is there."""
        with self._asking:
            self.outbox.put(question)
            return self._answers.get()

    def answer(self, answer: Told) -> None:
        """To the question that was asked last."""
        self._answers.put(answer)

    def batches(self) -> Iterator[list[Message]]:
        """What there is to be told, up to the end; an empty one is a sign of life. Raises the error that has ended the work."""
        is_through = False
        while not is_through:
            batch, is_through = self._batch()
            yield batch

    def _batch(self) -> tuple[list[Message], bool]:
        """What has gathered, up to a question, and whether nothing follows."""
        batch, due = list[Message](), monotonic() + BATCH_SECONDS
        while True:
            try:
                message = self.outbox.get(timeout=max(0.0, due - monotonic()) if batch else BEAT_SECONDS)
            except Empty:
                return batch, False
            if isinstance(message, BaseException):
                raise message
            if message is None:
                return batch, True
            batch.append(message)
            if isinstance(message, Question):
                return batch, False
