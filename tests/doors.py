"""Commands of the product as processes of their own, forked from a server that has imported what is heavy.

Most of a short command's time are imports, which the tests need not wait for again and again; whatever else makes a process
(memory, signals, files, folder, environment) each has for itself. Tests of the start itself begin cold.
"""

import atexit
import multiprocessing
import multiprocessing.process
import os
import runpy
import shutil
import subprocess
import sys
import traceback
from functools import cache
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from tests.warm_writer import use_warm_ranks, use_warm_writers

HEAVY = [
    *("mlflow", "mlflow.pyfunc", "mlflow.pytorch", "optuna", "hydra", "pandas", "pyarrow.dataset", "pyarrow.parquet"),
    *("contourpy", "plotly.basedatatypes", "plotly.graph_objects", "plotly.io", "sklearn.datasets", "sklearn.metrics"),
    *("src.train", "src.sync", "src.claims.conduct", "src.report.__main__", "src.search.run", "src.sweep.grid"),
    *("src.sweep.one", "src.engines.single.engine", "src.engines.stacked.engine", "src.engines.native.engine"),
]
UNSET = ("MLFLOW_TRACKING_URI", "HYDRA_FULL_ERROR")
REPOSITORY = Path(__file__).resolve().parent.parent

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(HEAVY)


def environment() -> dict[str, str]:
    """The environment of a command started in another folder: it finds the package, and keeps to its own MLflow store."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}


def with_store(folder: Path) -> Path:
    """The folder, with an empty MLflow store where its runs are recorded: to make the tables takes 4 s."""
    (folder / "mlruns").mkdir()
    shutil.copy(empty_store(), folder / "mlruns" / "mlflow.db")
    return folder


@cache
def empty_store() -> Path:
    """A SQLite file with MLflow's tables."""
    from src.tracking.store import connect

    folder = Path(mkdtemp(prefix="store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    connect(f"sqlite:///{folder}/mlflow.db")
    return folder / "mlflow.db"


class Started:
    """A command that runs, with the words of `subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        """Its exit status, the negative number of the signal that killed it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float = 300.0) -> int:
        """Its exit status, once it has ended; raises `subprocess.TimeoutExpired` after so many seconds."""
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            self._process.kill()
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return status

    def send_signal(self, signum: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)


def start(*argv: str, cwd: Path, output: Path, errors: Path | None = None) -> Started:
    """`python argv...` (`-m module ...` or `-c code ...`) in a folder; what it says is appended to the files."""
    given = argv, str(cwd), environment(), str(output), str(errors or output)
    process = _CONTEXT.Process(target=_enter, args=given, name=" ".join(argv))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(REPOSITORY)  # of the server, which the first process starts
    try:
        process.start()
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    atexit.register(process.kill)  # what a failed test left
    return Started(process)


def run(*argv: str, cwd: Path, timeout: float = 300.0) -> "subprocess.CompletedProcess[str]":
    """`python argv...` in a folder, to its end."""
    with TemporaryDirectory() as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        status = start(*argv, cwd=cwd, output=output, errors=errors).wait(timeout)
        return subprocess.CompletedProcess(argv, status, output.read_text(), errors.read_text())


def _enter(argv: tuple[str, ...], cwd: str, env: dict[str, str], output: str, errors: str) -> None:
    """In the forked process: become `python argv...`."""
    for file, descriptor in ((output, 1), (errors, 2)):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.update(env)  # beside what imports have set in the server
    for name in UNSET:
        os.environ.pop(name, None)
    os.chdir(cwd)
    multiprocessing.process.ORIGINAL_DIR = cwd  # of the processes that it spawns
    sys.path[:0] = [cwd, str(REPOSITORY / "src" / "plugins")]  # the second as `src` has it, which is imported already
    kind, what, *arguments = argv
    if kind == "-m":  # a program may change its process, and its writers are to be as it is then
        use_warm_writers()
        counts = [text.partition("=")[2].split(",") for text in argv if text.startswith("trainer.devices=")]
        use_warm_ranks(max((int(text) for texts in counts for text in texts if text.isdigit()), default=1) - 1)
    sys.argv = [what, *arguments] if kind == "-m" else [kind, *arguments]
    status: object = 0
    try:
        if kind == "-m":
            sys.modules.pop(what, None)
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc()
        status = 1
    if isinstance(status, str):
        print(status, file=sys.stderr)
        status = 1
    sys.exit(status or 0)
