"""Hydra's door to searches: `hydra/sweeper=optuna`. Hydra imports this file at each start, so what is heavy waits."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import setup_globals
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


class OptunaSweeper(Sweeper):
    """Searches with Optuna: keys as in Hydra's own sweeper for Optuna, and those of `Settings` beside them."""

    def __init__(self, **settings: Any) -> None:
        self.settings = {
            key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
            for key, value in settings.items()
        }

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.master, self.context, self.task = config, hydra_context, task_function
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Search until the trials are done, write down what came of it, and give back where."""
        from src.config.errors import report_errors

        with report_errors():
            return self._sweep(arguments)

    def _sweep(self, arguments: list[str]) -> Path:
        from hydra_plugins.job_callbacks import JobCallbacks

        from src import runs, tracking
        from src.config.leftovers import none_left
        from src.config.multirun import Composed, Composer, log_into, sweep_folder, write_hydra_files
        from src.config.validation import validated
        from src.runs.announcement import announce
        from src.runs.files import MULTIRUN
        from src.search.settings import Settings, check_names
        from src.search.space import read_space
        from src.search.stack_parameters import middles

        setup_globals()
        launcher = self._checked_launcher()
        loader, folder = self.context.config_loader, sweep_folder(self.master)
        settings = validated(Settings, self.settings, "hydra.sweeper.")
        if settings.study_name and not folder.name.startswith(
            settings.study_name.lstrip(".")
        ):  # fresh ones add the time
            raise ValueError(
                f"hydra.sweeper.study_name: must be what its folder is called, {folder.name} by hydra.sweep.dir, but got "
                f"{settings.study_name}."
            )
        space = read_space(OverridesParser.create(config_loader=loader), settings.params or {}, arguments)
        composer, composed = Composer(self.master, loader), dict[int, Composed]()
        base = composer.job(space.fixed, 0).run
        check_names(settings)
        with suppress(
            ValueError
        ):  # values that do not go together are for the search; what Hydra says, of a key, is a mistake
            composer.job(space.overrides(middles(space)), 0)
        with none_left(folder), tracking.open(base.tracking.enabled) as tracker:
            announce(base, f"a search of {settings.n_trials} trials")
            from src.search.run import Request, conduct_search

            log_into(folder, self.master)
            runs.write_text(folder / MULTIRUN, OmegaConf.to_yaml(self.master))  # as Hydra's sweeper leaves it

            def compose(overrides: Sequence[str], number: int) -> Any:
                made = composer.job(overrides, max(number, 0))
                if number >= 0:
                    composed[number] = made
                    write_hydra_files(folder / str(number), made)
                return made.run

            request = Request(
                folder,
                base,
                space,
                settings,
                compose,
                choices=lambda overrides: composer.job(overrides, 0).hydra["runtime"]["choices"],
                extend=_extension(settings.custom_search_space, self.master),
                resources=replace(launcher.resources, slots=settings.n_jobs or launcher.resources.slots),
                listeners=[JobCallbacks(self.context, self.task, partial(composer.whole, composed))],
            )
            conduct_search(request, tracker)
        return folder

    def _checked_launcher(self) -> Any:
        """That of stacks, whose slots a search has too."""
        from hydra_plugins.stacked_launcher import StackedLauncher

        if not isinstance(self.launcher, StackedLauncher):
            chosen = self.master.hydra.runtime.choices.get("hydra/launcher")
            raise ValueError(
                "hydra/launcher: must be stacked for a search, which hands out its trials itself (engine=single "
                f"trains them one by one), but got {chosen}."
            )
        if given := self.launcher.retrain:
            raise ValueError(
                f"hydra.launcher.retrain: must be 0 in a search, where hydra.sweeper.retrain is, but got {given}."
            )
        return self.launcher


def _extension(path: str | None, config: DictConfig) -> Any:
    """The user's function that suggests more parameters, as Hydra's own sweeper calls it: (cfg, trial)."""
    if path is None:
        return lambda trial: None
    from src.imports import imported_function

    function = imported_function("hydra.sweeper.custom_search_space", path)
    return lambda trial: function(config, trial)
