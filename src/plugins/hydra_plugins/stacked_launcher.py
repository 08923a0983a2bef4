"""Hydra's door to stacks: `hydra/launcher=stacked`. Hydra imports this file at each start, so what is heavy waits."""

from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict, read_write


def comes_whole(config: DictConfig) -> bool:
    """Whether a multirun's jobs come in one batch, whose leaderboard can be made beside the last records."""
    sweeper = config.hydra.sweeper
    return str(sweeper._target_).endswith(".GridSweeper") and sweeper.max_batch_size is None


class StackedLauncher(Launcher):
    """Trains the jobs of a multirun together. `slots`: how many at once in a stack; None chooses by model and machine.

    `resume`: whether the same command goes on where it was (continue), or in another folder (fresh).
    """

    composes_first = True  # all jobs, before the first begins

    def __init__(self, slots: int | None, resume: str) -> None:
        if slots is not None and not (isinstance(slots, int) and slots >= 1):
            raise ValueError(f"hydra.launcher.slots: must be null or a number of at least 1, but got {slots!r}.")
        if resume not in ("continue", "fresh"):
            raise ValueError(f"hydra.launcher.resume: must be continue or fresh, but got {resume!r}.")
        self.slots = slots

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config, self.loader = config, hydra_context.config_loader

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Train a batch of jobs; each returns its objective."""
        from src.config.multirun import Composer, check_together, sweep_folder, write_hydra_files
        from src.tracking import Scribe

        setup_globals()
        # It imports MLflow on another core while this process composes.
        scribe = Scribe() if self.config.tracking.enabled else None
        folder = sweep_folder(self.config)
        numbered = list(enumerate(job_overrides, initial_job_idx))
        composer = Composer(self.config, self.loader)
        composed = {number: composer.job(given, number) for number, given in numbered}
        check_together([made.run for made in composed.values()])
        # All jobs are sound: what is heavy is imported, and folders are made, only now.
        from rich.console import Console

        from src.engines.dispatch import run_sweep
        from src.runs.job import Job
        from src.sweep.summary import summarise_sweep

        with read_write(self.config), open_dict(self.config):
            self.config.hydra.runtime.output_dir = str(folder)  # one log for all
        configure_log(self.config.hydra.job_logging, self.config.hydra.verbose)
        for number, made in composed.items():
            write_hydra_files(folder / str(number), made)
        jobs = [Job(number, composed[number].run, tuple(given)) for number, given in numbered]
        console = Console()
        try:
            results = run_sweep(jobs, folder, slots=self.slots, console=console, scribe=scribe)
            broken = any(result["status"] == "FAILED" for result in results.values())
            if comes_whole(self.config) or broken:  # Hydra raises what failed, and does not call back at the end
                summarise_sweep(folder, console, scribe)
        finally:
            if scribe is not None:
                scribe.close(None)
        returns = []
        for job in jobs:
            result, made = results[job.number], composed[job.number]
            failed = result["status"] == "FAILED"
            outcome = ValueError(f"job {job.number}: {result['reason']}") if failed else result["objective"]["value"]
            returns.append(
                JobReturn(
                    overrides=list(job.overrides),
                    cfg=made.cfg,
                    hydra_cfg=made.hydra,
                    task_name=str(made.hydra.job.name),
                    working_dir=str(folder / str(job.number)),
                    status=JobStatus.FAILED if failed else JobStatus.COMPLETED,
                    _return_value=outcome,
                )
            )
        return returns
