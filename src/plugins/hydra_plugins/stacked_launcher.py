"""Hydra's door to many runs at once: `hydra/launcher=stacked`. Hydra imports this file at each start, so what is heavy waits."""

from collections.abc import Sequence
from functools import partial

from hydra.core.utils import JobReturn, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


def comes_whole(config: DictConfig) -> bool:
    """Whether a multirun's jobs come in one batch, whose leaderboard can be made beside the last records."""
    sweeper = config.hydra.sweeper
    return str(sweeper._target_).endswith(".GridSweeper") and sweeper.max_batch_size is None


class StackedLauncher(Launcher):
    """Trains the jobs of a multirun together. `slots`: how many at once; None chooses by model and machine. `workers`: how many
    processes on each machine of the Ray cluster at `address`, or on this machine; None and no address: this process trains.

    `retrain`: on how many fresh seeds the best configuration is trained at the end, with the test split. `resume`:
    whether the same command goes on where it was (continue), or in another folder (fresh).
    """

    composes_first = True  # all jobs, before the first begins

    def __init__(self, slots: int | None, workers: int | None, address: str | None, retrain: int, resume: str) -> None:
        if not (isinstance(retrain, int) and retrain >= 0):
            raise ValueError(f"hydra.launcher.retrain: must be a number of at least 0, but got {retrain!r}.")
        if resume not in ("continue", "fresh"):
            raise ValueError(f"hydra.launcher.resume: must be continue or fresh, but got {resume!r}.")
        from src.engines.resources import Resources

        self.retrain, self.resources = retrain, Resources(slots, workers, address)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config, self.context, self.task = config, hydra_context, task_function

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Train a batch of jobs; each returns its objective."""
        from hydra_plugins.job_callbacks import JobCallbacks, returned

        from src import tracking
        from src.config.command_line import as_typed
        from src.config.leftovers import none_left
        from src.config.multirun import Composer, log_into, sweep_folder, write_hydra_files
        from src.runs.announcement import announce

        setup_globals()
        folder = sweep_folder(self.config)
        # MLflow is imported while this process composes.
        with none_left(folder), tracking.open(self.config.tracking.enabled) as tracker:
            if self.retrain and not comes_whole(self.config):
                raise ValueError(
                    "hydra.launcher.retrain: must be 0 where jobs come in batches, of which none knows the best, but got "
                    f"{self.retrain}."
                )
            composer = Composer(self.config, self.context.config_loader)
            composed = composer.jobs(job_overrides, initial_job_idx)
            # All jobs are sound: what is heavy is imported, and folders are made, only now.
            announce(composed[initial_job_idx].run, f"{len(composed)} runs")
            from src.sweep.reading import first_read

            data = first_read(composed[initial_job_idx].run)
            from src.runs.job import Job
            from src.sweep.grid import check_settings, train_multirun

            jobs = [
                Job(number, made.run, folder / str(number), tuple(as_typed(made.typed)))
                for number, made in composed.items()
            ]
            check_settings(jobs)
            log_into(folder, self.config)
            for job in jobs:
                write_hydra_files(job.folder, composed[job.number])
            results = train_multirun(
                jobs,
                folder,
                tracker,
                resources=self.resources,
                is_whole=comes_whole(self.config),
                listeners=[JobCallbacks(self.context, self.task, partial(composer.whole, composed))],
                data=data,
            )
        if failed := [result for result in results.values() if isinstance(result, BaseException)]:
            raise failed[0]  # what Hydra gets back it would tell in a line of its own
        if self.retrain:
            from src.sweep.retraining import retrain_best

            retrain_best(jobs, folder, self.retrain, data, self.resources)
        return [returned(job, results[job.number]) for job in jobs]
