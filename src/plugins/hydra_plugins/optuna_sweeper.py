"""Hydra's door to searches: `hydra/sweeper=optuna`. Hydra imports this file at each start, so what is heavy waits."""

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write


class OptunaSweeper(Sweeper):
    """Searches with Optuna, in stacks: keys as in Hydra's own sweeper for Optuna, and those of `Settings` beside them."""

    def __init__(self, **settings: Any) -> None:
        self.settings = {
            key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
            for key, value in settings.items()
        }

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.master, self.loader = config, hydra_context.config_loader
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Search until the trials are done, then write down what came of it."""
        from src.config.errors import report_errors

        with report_errors():
            self._sweep(arguments)

    def _sweep(self, arguments: list[str]) -> None:
        from hydra.core.utils import configure_log, setup_globals

        from src.config.multirun import Composer, sweep_folder, write_hydra_files
        from src.config.validation import validated
        from src.search.settings import Settings
        from src.search.space import read_space
        from src.tracking import Scribe

        setup_globals()
        settings = validated(Settings, self.settings, "hydra.sweeper.")
        parser = OverridesParser.create(config_loader=self.loader)
        space = read_space(parser, settings.params or {}, arguments)
        folder = sweep_folder(self.master)
        composer = Composer(self.master, self.loader)
        base = composer.job(space.fixed, 0).run
        scribe = Scribe() if base.tracking.enabled else None
        from rich.console import Console

        from src.search.results import infeasible, write_search_results
        from src.search.run import run_search
        from src.sweep.summary import has_ended, summarise_sweep

        console = Console()
        for remark in space.remarks():
            console.print(f"remark: {remark}", soft_wrap=True)
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(self.master, folder / "multirun.yaml")  # as Hydra's sweeper leaves it
        with read_write(self.master), open_dict(self.master):
            self.master.hydra.runtime.output_dir = str(folder)  # one log for all
        configure_log(self.master.hydra.job_logging, self.master.hydra.verbose)

        def compose(overrides: Sequence[str], number: int) -> Any:
            made = composer.job(overrides, max(number, 0))
            if number >= 0:
                write_hydra_files(folder / str(number), made)
            return made.run

        try:
            search = run_search(
                folder,
                base,
                space,
                settings,
                compose=compose,
                extend=_extension(settings.custom_search_space, self.master, space.searched),
                slots=settings.n_jobs or getattr(self.launcher, "slots", None),
                console=console,
                scribe=scribe,
            )
            best, tags = write_search_results(folder, search, console)
            if has_ended(folder):
                summarise_sweep(folder, console, scribe, search=tags, infeasible=infeasible(search))
            else:
                trials = f"{len(search.ledger.counted)} of {search.plan.n_trials} trials have ended, {search.failures} failed"
                console.print(f"{folder}: no run has left results here: {trials}.", soft_wrap=True)
        finally:
            if scribe is not None:
                scribe.close(None)
        if best is not None and settings.retrain:
            self._retrain(folder, best.number, space.overrides(best.params), settings.retrain, console)

    def _retrain(self, folder: Any, number: int, overrides: list[str], seeds: int, console: Any) -> None:
        """Train the best configuration on `seeds` seeds, and read the test split."""
        from src.config.multirun import Composer
        from src.runs.job import Job
        from src.search.retraining import retrain
        from src.tracking import Scribe

        composer = Composer(self.master, self.loader)
        jobs = []
        for seed in range(seeds):
            given = [*overrides, f"seed={seed}", "test=true"]
            jobs.append(Job(seed, composer.job(given, seed).run, tuple(given)))
        scribe = Scribe() if jobs[0].run.tracking.enabled else None
        retrain(jobs, folder.with_name(f"{folder.name}-best-{number}"), console, scribe)


def _extension(path: str | None, config: DictConfig, searched: Any) -> Any:
    """The user's function that suggests more parameters, as Hydra's own sweeper calls it: (cfg, trial)."""
    if path is None:
        return lambda trial: None
    from src.config.imports import imported

    function = imported("hydra.sweeper.custom_search_space", path)

    def extend(trial: Any) -> None:
        function(config, trial)

    return extend
