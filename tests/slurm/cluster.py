"""A real SLURM of one node, this machine, where Debian's slurm-wlm is installed; else tests that ask for it are skipped."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.doors import REPOSITORY, environment

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun")
CONFIG = """
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
ReturnToService=2
KillWait=5
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """A cluster whose state is in `folder`, and a project in `project` to run jobs from."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.project = project
        self.env = {**os.environ, **environment(), "SLURM_CONF": str(folder / "slurm.conf")}
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        ports = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            one.close()
        host, user = socket.gethostname().partition(".")[0], "root" if os.getuid() == 0 else os.environ["USER"]
        filled = CONFIG.format(host=host, folder=folder, ports=ports, user=user, cores=os.cpu_count())
        (folder / "slurm.conf").write_text(filled)
        for part in ("state", "spool"):
            (folder / part).mkdir()
        for name in ("src", "conf", "docs"):
            (project / name).symlink_to(REPOSITORY / name)
        (project / ".venv").symlink_to(sys.prefix)

    @classmethod
    @contextmanager
    def running(cls, folder: Path, project: Path) -> Iterator["Slurm"]:
        """One that is up inside."""
        if lacking := [name for name in PROGRAMS if shutil.which(name) is None]:
            pytest.skip(f"SLURM is not installed (Debian: slurm-wlm), but {', '.join(lacking)} would be needed")
        slurm = cls(folder, project)
        with (folder / "log").open("wb") as log:
            daemons = [subprocess.Popen([name, "-D"], env=slurm.env, stdout=log, stderr=log) for name in PROGRAMS[:2]]
            try:
                until(lambda: "idle" in slurm.tell("sinfo", "-h", "-o", "%T"), 60, lambda: (folder / "log").read_text())
                yield slurm
            finally:
                subprocess.run(["scancel", f"--user={os.getuid()}"], env=slurm.env, check=False, capture_output=True)
                until(lambda: not slurm.tell("squeue", "-h", "-t", "R,CG"), 60)
                for daemon in reversed(daemons):
                    daemon.terminate()
                    daemon.wait(30)

    def tell(self, *command: str) -> str:
        """What a command of SLURM's says."""
        done = subprocess.run(command, env=self.env, cwd=self.project, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def submit(self, *command: str) -> str:
        """The number of a new job."""
        return self.tell("sbatch", "--parsable", *command)

    def output(self, job: str) -> str:
        """What a job has said, in all its starts."""
        path = self.project / f"slurm-{job}.out"
        return path.read_text() if path.exists() else ""

    def near_its_limit(self, job: str) -> None:
        """Tell a job what SLURM tells it before its time is over; once it is requeued, let it begin at once."""
        self.tell("scancel", "--batch", "--signal=USR1", job)
        until(lambda: self.tell("squeue", "-h", "-j", job, "-o", "%t") == "PD", 90, lambda: self.output(job))
        time.sleep(1)
        self.tell("scontrol", "update", f"JobId={job}", "StartTime=now")

    def wait(self, job: str) -> None:
        """Until it is over."""
        until(lambda: not self.tell("squeue", "-h", "-j", job), 300, lambda: self.output(job))


def until(is_so: Callable[[], bool], seconds: float, why: Callable[[], str] = lambda: "") -> None:
    """Wait for something; after so many seconds it is an error."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, why()
        time.sleep(0.3)
