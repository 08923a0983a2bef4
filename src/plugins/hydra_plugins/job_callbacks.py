"""Hydra's callbacks for the jobs of a multirun that no Hydra launcher runs one by one."""

from collections.abc import Callable, Mapping
from typing import Any

from hydra.core.utils import JobReturn, JobRuntime, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf


class JobCallbacks:
    """A listener that calls `on_job_start` and `on_job_end` of every job; `composed` gives it as Hydra composed it."""

    def __init__(
        self, context: HydraContext, task: Callable[..., Any], composed: Callable[[int], DictConfig | None]
    ) -> None:
        self.callbacks, self.task, self.composed = context.callbacks, task, composed
        self.is_heard = any(map(_hears_of_jobs, context.callbacks.callbacks))

    def begin(self, job: Any, facts: Mapping[str, str]) -> None:
        if self.is_heard and (whole := self.composed(job.number)):  # None if an earlier start composed it
            self.callbacks.on_job_start(config=whole, task_function=self.task)

    def epoch(self, job: Any, row: Mapping[str, float]) -> None:
        """Hydra does not know epochs."""

    def end(self, job: Any, outcome: Any) -> None:
        if self.is_heard and (whole := self.composed(job.number)):
            from src.config.composition import without_hydra

            told = returned(job, getattr(outcome, "error", None) or outcome.value)
            told.cfg, told.hydra_cfg = without_hydra(whole), OmegaConf.masked_copy(whole, "hydra")
            self.callbacks.on_job_end(config=whole, job_return=told)


def _hears_of_jobs(callback: Callback) -> bool:
    kind = type(callback)
    return kind.on_job_start is not Callback.on_job_start or kind.on_job_end is not Callback.on_job_end


def returned(job: Any, result: Any) -> JobReturn:
    """What Hydra gets back of a job: its objective, or the exception that ended it."""
    return JobReturn(
        overrides=list(job.overrides),
        task_name=JobRuntime.instance().get("name"),
        working_dir=str(job.folder),
        status=JobStatus.FAILED if isinstance(result, BaseException) else JobStatus.COMPLETED,
        _return_value=result,
    )
