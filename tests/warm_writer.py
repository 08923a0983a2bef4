"""The tracker's writers of a command, and the other processes of its runs, forked from one that has imported what is heavy."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast


class Nursery:
    """A process that forks others that do `work` with two descriptors, one after another, and ends with who made it."""

    def __init__(self, work: Callable[[int, int], None]) -> None:
        self.line, its = socket.socketpair()
        if os.fork() == 0:
            self.line.close()
            _raise(work, its)
        its.close()
        self.is_free = True


class Warm:
    """A forked process, with the words of `subprocess.Popen`; of a rank `line` is its end of the line to the first."""

    def __init__(self, nursery: Nursery, line: int | None = None) -> None:
        its_in, mine_out = os.pipe()
        mine_in, its_out = os.pipe()
        socket.send_fds(nursery.line, [b"one more"], [its_in, its_out if line is None else line])
        for descriptor in (its_in, its_out):
            os.close(descriptor)
        self.stdin, self.stdout = os.fdopen(mine_out, "wb"), os.fdopen(mine_in, "rb")
        self.pid, self.returncode = int(nursery.line.recv(16)), cast(int | None, None)
        self._nursery, nursery.is_free = nursery, False

    def kill(self) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._nursery.line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("writer", timeout or 0.0)
            self.returncode = int(self._nursery.line.recv(16))
            self._nursery.is_free = True
        return self.returncode


def use_warm_writers() -> None:
    """From now on this process's writers are forked ones, unless there are two at a time."""
    from src.tracking import writer_process

    nursery = Nursery(_write)

    def start(*command: Any, **pipes: Any) -> Any:
        return Warm(nursery) if nursery.is_free else subprocess.Popen(*command, **pipes)

    writer_process.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": start})


def use_warm_ranks(count: int) -> None:
    """From now on so many processes beside the first of a run are forked ones."""
    from src.engines.single import other

    nurseries = [Nursery(_compute) for _ in range(count)]

    def start(*command: Any, **pipes: Any) -> Any:
        free = next(nursery for nursery in nurseries if nursery.is_free)
        return Warm(free, *pipes["pass_fds"])

    other.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": start})


def _raise(work: Callable[[int, int], None], line: socket.socket) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    while True:
        message, descriptors = b"", list[int]()
        with suppress(ConnectionResetError):  # it was killed before it had read all
            message, descriptors, _, _ = socket.recv_fds(line, 16, 2)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            line.close()
            work(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.sendall(f"{pid}".encode())
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):
            line.sendall(f"{os.waitstatus_to_exitcode(status)}".encode())


def _compute(given: int, line: int) -> None:
    from src.engines.single.rank import main

    os.dup2(given, 0)
    os.close(given)
    sys.stdin, sys.argv = os.fdopen(0, closefd=False), ["-c", "", str(line)]
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_DFL)
    main()


def _write(read: int, write: int) -> None:
    from src.tracking.writer_process import main

    status = 1
    try:
        os.dup2(read, 0)
        os.dup2(write, 1)
        for descriptor in (read, write):
            os.close(descriptor)
        sys.stdin = os.fdopen(0, closefd=False)
        main()
        status = 0
    finally:
        os._exit(status)
