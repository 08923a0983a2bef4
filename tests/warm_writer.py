"""The tracker's writers of a command, forked from a process that has imported MLflow, which takes 2 s each time."""

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast


class Nursery:
    """A process that forks writers, one after another, and ends with the one that made it."""

    def __init__(self) -> None:
        self.line, its = socket.socketpair()
        if os.fork() == 0:
            self.line.close()
            _raise_writers(its)
        its.close()
        self.is_free = True


class WarmWriter:
    """A writer's process, with the words of `subprocess.Popen`."""

    def __init__(self, nursery: Nursery) -> None:
        its_in, mine_out = os.pipe()
        mine_in, its_out = os.pipe()
        socket.send_fds(nursery.line, [b"one more"], [its_in, its_out])
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

    nursery = Nursery()

    def start(*command: Any, **pipes: Any) -> Any:
        return WarmWriter(nursery) if nursery.is_free else subprocess.Popen(*command, **pipes)

    writer_process.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": start})


def _raise_writers(line: socket.socket) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, 16, 2)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            line.close()
            _write(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.sendall(f"{pid}".encode())
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):
            line.sendall(f"{os.waitstatus_to_exitcode(status)}".encode())


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
