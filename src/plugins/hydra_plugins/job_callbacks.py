"""Hydra's callbacks for the jobs of a multirun that no Hydra launcher runs one by one."""

from collections.abc import Callable, Mapping
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import HydraContext


class JobCallbacks:
    """A listener that calls `on_job_start` and `on_job_end` of every job; `composed` gives it as Hydra composed it."""

    def __init__(self, context: HydraContext, task: Callable[..., Any], composed: Callable[[int], Any]) -> None:
        self.callbacks, self.task, self.composed = context.callbacks, task, composed
        self.is_heard = any(map(_hears_of_jobs, context.callbacks.callbacks))

    def begin(self, job: Any, facts: Mapping[str, str]) -> None:
        made = self.composed(job.number)  # None if an earlier start composed it
        if made and self.is_heard:
            self.callbacks.on_job_start(config=made.whole, task_function=self.task)

    def epoch(self, job: Any, row: Mapping[str, float]) -> None:
        """Hydra does not know epochs."""

    def end(self, job: Any, outcome: Any) -> None:
        made, error = self.composed(job.number), getattr(outcome, "error", None)
        if made and self.is_heard:
            self.callbacks.on_job_end(config=made.whole, job_return=returned(job, made, error or outcome.value))


def _hears_of_jobs(callback: Callback) -> bool:
    kind = type(callback)
    return kind.on_job_start is not Callback.on_job_start or kind.on_job_end is not Callback.on_job_end


def returned(job: Any, made: Any, result: Any) -> JobReturn:
    """What Hydra gets back of a job: its objective, or the exception that ended it."""
    status = JobStatus.FAILED if isinstance(result, BaseException) else JobStatus.COMPLETED
    return JobReturn(
        overrides=list(job.overrides),
        cfg=made.cfg,
        hydra_cfg=made.hydra,
        task_name=str(made.hydra.job.name),
        working_dir=str(job.folder),
        status=status,
        _return_value=result,
    )
