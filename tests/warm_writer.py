"""The tracker's writer of a command, forked before the command begins: it need not import MLflow once more, which takes 2 s."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any


class WarmWriter:
    """A process that already waits for events, with the words of `subprocess.Popen`; it ends with the one that made it."""

    def __init__(self) -> None:
        its_in, mine_out = os.pipe()
        mine_in, its_out = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            for descriptor in (mine_out, mine_in):
                os.close(descriptor)
            _write(its_in, its_out)
        for descriptor in (its_in, its_out):
            os.close(descriptor)
        self.stdin, self.stdout = os.fdopen(mine_out, "wb"), os.fdopen(mine_in, "rb")

    def kill(self) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        late = time.monotonic() + timeout
        while self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > late:
                raise subprocess.TimeoutExpired("writer", timeout)
            else:
                time.sleep(0.005)
        return self.returncode


def use_a_warm_writer() -> None:
    """The first writer that this process starts is one that is there from now on."""
    from src.tracking import writer_process

    warm = [WarmWriter()]

    def start(*command: Any, **pipes: Any) -> Any:
        return warm.pop() if warm else subprocess.Popen(*command, **pipes)

    writer_process.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": start})


def _write(read: int, write: int) -> None:
    from src.tracking.writer_process import main

    status = 1
    try:
        os.dup2(read, 0)
        os.dup2(write, 1)
        sys.stdin = os.fdopen(0, closefd=False)
        main()
        status = 0
    finally:
        os._exit(status)
