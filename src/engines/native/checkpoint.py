"""A member on disk, so that a sweep that was killed goes on where it was."""

import logging
from typing import Any

from src.disk import DamagedError
from src.disk.tensors import load_tensors, save_tensors
from src.engines.commits import COMMITS, check_commit
from src.engines.native.member import Member
from src.runs.job import Job

log = logging.getLogger(__name__)

FILE = COMMITS["native"]


def save(member: Member) -> None:
    """Commit a member as it is now."""
    save_tensors(member.state(), member.job.folder / FILE)


def restore(member: Member) -> None:
    """Go on from the last commit, if there is one; one that is damaged is told, and the member begins anew.

    Raises ValueError if another engine has begun the run.
    """
    check_commit(member.job.folder, "native")
    path = member.job.folder / FILE
    if path.is_file():
        try:
            state: dict[str, Any] = load_tensors(path)
        except DamagedError as error:
            log.warning("%s The run begins again at epoch 1.", error)
        else:
            member.restore(state)


def remove(job: Job) -> None:
    """Its job has ended."""
    (job.folder / FILE).unlink(missing_ok=True)
