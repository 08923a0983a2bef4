"""Ray's part: machines, their cores and devices, and a process on one of them."""

import logging
import math
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import ray
from ray._private import worker
from ray._private.authentication.authentication_token_setup import maybe_enable_token_auth_if_token_available
from ray._private.services import canonicalize_bootstrap_address_or_die
from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled
from ray.exceptions import AuthenticationError, RayError
from ray.job_config import JobConfig
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from rich.console import Console

from src.engines.native.cores import num_cores
from src.engines.workers.worker import Charge, Worker

REACH_SECONDS = 5.0
LOOK_AT_SECONDS = 5.0  # at a process that is not stopped: it may wait for a core, or a disk
SOURCE = Path(__file__).resolve().parent.parent.parent.parent


class Machine(NamedTuple):
    """A node of the cluster that has room for workers."""

    key: str  # Ray's
    name: str
    cores: int
    gpus: int

    def num_workers(self, wanted: int | None) -> int:
        """As many as are `wanted`, at most one a core; for None one for each GPU, or one of all its cores."""
        return min(wanted or self.gpus or 1, self.cores)

    def gpus_each(self, of: int) -> float:
        """Of `of` workers: whole ones, or as many workers share one as must. Ray gives none parts of two."""
        return self.gpus // of or (1 / math.ceil(of / self.gpus) if self.gpus else 0)


def reach(address: str) -> None:
    """Show the cluster at `address`, auto or HOST:PORT, this home's token, if it asks for one. ValueError if there is none."""
    try:
        if address != "auto":
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), REACH_SECONDS).close()  # Ray itself tries for minutes
        _show_token(address)
    except (OSError, ValueError) as error:
        raise _refused(address, error) from error


@contextmanager
def cluster(address: str | None, console: Console) -> Iterator[None]:
    """Ray on this machine alone, or (`address`) the cluster that was reached there.

    Raises ValueError if it cannot be joined.
    """
    logging.getLogger("ray").setLevel(logging.ERROR)  # what it has to say of itself is for its own log
    worker.print_to_stdstream = lambda *given, **more: None  # nor is what it says of deaths, which we tell
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, "configure_logging": False}
    alone: dict[str, Any] = {"address": "local", "num_cpus": num_cores()} if address is None else {"address": address}
    found = JobConfig(
        _py_driver_sys_path=[str(SOURCE)]
    )  # by workers, wherever their node was started, and this command typed
    try:
        with _own_handlers():
            context = ray.init(**alone, **quiet, job_config=found)
    except (OSError, ValueError) as error:
        raise _refused(address, error) from error
    if context.dashboard_url:
        console.print(f"Ray's dashboard: http://{context.dashboard_url}", soft_wrap=True)
    try:
        yield
    finally:
        ray.shutdown()


def _refused(address: str | None, error: Exception) -> ValueError:
    return ValueError(
        f"hydra.launcher.address: must be auto or HOST:PORT of a running cluster, but got {address} ({error})."
    )


def _show_token(address: str) -> None:
    """A cluster of `ray start` asks for the token that an earlier use of Ray has left in this home, if there was one."""
    try:
        GcsClient(address=canonicalize_bootstrap_address_or_die(address))
    except AuthenticationError:
        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Signals keep what handles them: Ray takes SIGTERM for itself."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def machines() -> list[Machine]:
    """Those that are there now and have cores to give."""
    found = []
    for node in ray.nodes():
        resources = node["Resources"]
        if node["Alive"] and resources.get("CPU", 0) >= 1:
            count = {name: int(resources.get(name, 0)) for name in ("CPU", "GPU")}
            found.append(Machine(node["NodeID"], node["NodeManagerHostname"], count["CPU"], count["GPU"]))
    return found


def start_look(machine: Machine, pid: int) -> Any:
    """A look at a process on `machine` that gives no sign of life."""
    where = NodeAffinitySchedulingStrategy(machine.key, soft=False)
    return ray.remote(_is_computing).options(num_cpus=0, max_retries=0, scheduling_strategy=where).remote(pid)


def seen(look: Any) -> bool | None:
    """What came of it: whether the process computes; None: not yet known."""
    if not ray.wait([look], timeout=0)[0]:
        return None
    try:
        return bool(ray.get(look))
    except RayError:
        return False


def _is_computing(pid: int) -> bool:
    """Whether a process takes processor time: one that holds Python's lock, as pandas does over a large table, says nothing."""
    with suppress(psutil.Error):  # it is gone
        process = psutil.Process(pid)
        before, until = sum(process.cpu_times()[:2]), time.monotonic() + LOOK_AT_SECONDS
        while time.monotonic() < until and process.status() != psutil.STATUS_STOPPED:
            time.sleep(0.1)
            if sum(process.cpu_times()[:2]) > before:
                return True
    return False


def start_worker(machine: Machine, charge: Charge, of: int) -> Any:
    """A worker on `machine`, one `of` so many there, among which its cores and devices are divided."""
    actor = ray.remote(Worker).options(
        num_cpus=charge.cores,
        num_gpus=machine.gpus_each(of),
        max_concurrency=2,  # it is told answers while it works
        scheduling_strategy=NodeAffinitySchedulingStrategy(machine.key, soft=False),
    )
    return actor.remote(charge)
