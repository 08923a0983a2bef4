"""A line between two processes of a run: a sign of life each second, and at the end a word of how it went."""

import json
import socket
import threading
from contextlib import suppress
from typing import NamedTuple

BEAT_SECONDS = 1.0
BEAT, READY = b".", b"!"  # signs of life; with the second the other has come to where the processes meet
END = b"\n"  # before the last word


class Word(NamedTuple):
    """How a process ended: well, or by an `error`, which may be that it lost another."""

    error: str | None
    is_of_another: bool = False


class Line:
    """Signs of life by `connection`. `silent`: ours that went out since we heard one, so that a suspended machine counts none."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.silent, self.is_open, self.is_ready = connection, 0, True, False
        self._word, self._speaking, self._has_said = b"", threading.Lock(), False
        connection.setblocking(False)

    def fileno(self) -> int:
        """For `select`."""
        return self.connection.fileno()

    def beat(self, sign: bytes = BEAT) -> None:
        """Give a sign of life."""
        self.silent += 1
        with self._speaking:
            if self._has_said:
                return
            try:
                self.connection.send(sign)
            except BlockingIOError:
                pass  # full of what the other does not read
            except OSError:
                self.is_open = False

    def listen(self) -> None:
        """Hear what has come; `is_open` is False from when the other has hung up."""
        try:
            while self.is_open:
                heard = self.connection.recv(65536)
                self.is_open, self.silent = bool(heard), 0
                signs, end, word = (b"", b"", heard) if self._word else heard.partition(END)
                self.is_ready |= READY in signs
                self._word += end + word
        except BlockingIOError:
            pass
        except OSError:
            self.is_open = False

    def say(self, word: Word) -> None:
        """The last word, after which no sign is given; it is lost on who does not listen."""
        with self._speaking, suppress(OSError):
            self._has_said = True
            self.connection.sendall(END + json.dumps(word).encode())

    @property
    def word(self) -> Word | None:
        """The other's last word, once it has hung up; None if it had none."""
        return Word(*json.loads(self._word)) if self._word else None
