"""Why a run ended, and the status that it has in MLflow."""

from enum import StrEnum


class RunStatus(StrEnum):
    """As MLflow calls them."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class StopReason(StrEnum):
    """Why a run ended; all but the last two are ends in good order, after which nothing is left to do."""

    PATIENCE = "patience"
    EPOCHS = "epochs"
    DIVERGED = "diverged"
    PRUNED = "pruned"
    CALLBACK = "callback"  # of a user's own, or a limit that Lightning was given
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def status(self) -> RunStatus:
        """What MLflow calls a run that ended so."""
        return _STATUS.get(self, RunStatus.FINISHED)

    @property
    def is_end(self) -> bool:
        """Whether nothing is left to do."""
        return self not in _STATUS


_STATUS = {StopReason.INTERRUPTED: RunStatus.KILLED, StopReason.FAILED: RunStatus.FAILED}
