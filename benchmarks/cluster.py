"""Whether a sweep on a cluster loses nothing, whoever dies: two nodes of `ray start` on this machine.

Command: python -m benchmarks.cluster [jobs=200]
Of so many jobs by the compiled engine one worker is killed, one node is taken away, one joins, and the driver is killed and
started again. Then each job must have its results once, in MLflow none may be running, and all histories must be those of one
process, to the bit.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
from mlflow.tracking import MlflowClient

from src import runs

REPOSITORY = Path(__file__).resolve().parent.parent
SWEEP = ("data=moons", "patience=null", "epochs=150", "model.widths=[32],[16,16]", "tracking.experiment=cluster")


def main(jobs: int) -> None:
    """Disturb a sweep of `jobs` jobs, and compare it with that of one process."""
    with tempfile.TemporaryDirectory() as folder:
        cluster, alone = Path(folder) / "cluster", Path(folder) / "alone"
        for place in (cluster, alone):
            place.mkdir()
        os.environ["HOME"] = folder  # where Ray keeps its token
        command = [sys.executable, "-m", "src.train", "-m", *SWEEP, f"seed=range(0,{jobs // 2})"]
        started = time.perf_counter()
        disturb(command, cluster, jobs)
        print(f"{jobs} jobs on the cluster, disturbed: {time.perf_counter() - started:.0f} s")
        started = time.perf_counter()
        run([*command, "engine=native"], alone).wait()
        print(f"{jobs} jobs by one process: {time.perf_counter() - started:.0f} s")
        report(cluster, alone)


def disturb(command: list[str], folder: Path, jobs: int) -> None:
    """Train on two nodes, with a death for each tenth of the jobs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    port, log = address.partition(":")[2], folder / "nodes.log"
    head = node(log, "--head", f"--port={port}", "--include-dashboard=false")
    until(lambda: "This command will now block" in log.read_text())
    nodes = [head, node(log, f"--address={address}")]
    command = [*command, f"hydra.launcher.address={address}"]
    try:
        driver = run(command, folder)
        until(lambda: ended(folder) >= 0.1 * jobs and len(workers(folder)) >= 2)
        tell(folder, "a worker is killed", lambda: os.kill(workers(folder)[-1], signal.SIGKILL))
        until(lambda: ended(folder) >= 0.2 * jobs)
        tell(folder, "a node is taken away", lambda: take_away(nodes.pop()))
        until(lambda: ended(folder) >= 0.3 * jobs)
        tell(folder, "a node joins", lambda: nodes.append(node(log, f"--address={address}")))
        until(lambda: ended(folder) >= 0.6 * jobs)
        tell(folder, "the driver is killed", driver.kill)
        driver.wait()
        again = run(command, folder)
        assert again.wait() == 0, (folder / "output").read_text()
    finally:
        for one in nodes:
            one.terminate()
            one.wait()


def node(log: Path, *more: str) -> "subprocess.Popen[bytes]":
    """A node of one core."""
    start = [Path(sys.executable).with_name("ray"), "start", "--block", "--disable-usage-stats", "--num-cpus=1"]
    with log.open("ab") as output:
        return subprocess.Popen([*start, "--node-ip-address=127.0.0.1", *more], stdout=output, stderr=output)


def take_away(one: "subprocess.Popen[bytes]") -> None:
    """All processes of a node, without a word."""
    of_node = [*psutil.Process(one.pid).children(recursive=True), psutil.Process(one.pid)]
    for process in of_node:
        process.kill()
    one.wait()


def run(command: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    """A command of ours in `folder`."""
    with (folder / "output").open("ab") as output:
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        return subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)


def until(is_so: Callable[[], bool], seconds: float = 300.0) -> None:
    """Wait until it is so."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


def tell(folder: Path, what: str, do: Callable[[], object]) -> None:
    """Do it, and say when."""
    print(f"after {ended(folder)} jobs: {what}", flush=True)
    do()


def ended(folder: Path) -> int:
    """How many jobs have results."""
    return len(list(folder.glob(f"mlruns/sweeps/*/*/{runs.RESULTS}")))


def workers(folder: Path) -> list[int]:
    """The processes of the workers that have begun jobs, the last one last."""
    paths = sorted(folder.glob(f"mlruns/sweeps/*/*/{runs.FACTS}"), key=lambda path: path.stat().st_mtime)
    found = [re.search(r"process (\d+)", runs.read_json(path).get("worker", "")) for path in paths]
    return list(dict.fromkeys(int(match[1]) for match in found if match))


def report(cluster: Path, alone: Path) -> None:
    """What came of both."""
    some, others = (histories(folder) for folder in (cluster, alone))
    same = sum(some[name].equals(others[name]) for name in others if name in some)
    print(
        f"{len(some)} results of {len(others)}, {same} with the bits of one process; workers: {len(workers(cluster))}"
    )
    client = MlflowClient(f"sqlite:///{cluster}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("cluster")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], max_results=10_000)
    print(f"in MLflow: {len(found)} runs, {sum(run.info.status == 'FINISHED' for run in found)} finished")


def histories(folder: Path) -> dict[str, pd.DataFrame]:
    """Of each job that has results, less what is timed."""
    ended = folder.glob(f"mlruns/sweeps/*/*/{runs.RESULTS}")
    return {path.parent.name: pd.read_csv(path.with_name(runs.HISTORY)).drop(columns="epoch_seconds") for path in ended}


if __name__ == "__main__":
    main(int(dict(text.split("=") for text in sys.argv[1:]).get("jobs", 200)))
