"""Door: `python -m src.train +experiment=xray`. Composes a run, checks it, trains it.

What is heavy is imported once the configuration has been found good: a typo must not wait for torch.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

import src
from src.config.command_line import CONF, each_once, for_hydra, options_first
from src.config.composition import register_resolvers, resolved
from src.config.errors import raise_on_signals, report_errors
from src.config.leftovers import none_left, none_left_if_refused
from src.config.multirun import hide_passwords
from src.config.schema import Run
from src.config.targets import as_given
from src.config.terminal import output
from src.runs import resume
from src.runs.announcement import announce
from src.runs.beginning import clear


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def train(cfg: DictConfig) -> float | None:
    """Train the composed run; returns its objective, so that any sweeper can work on it."""
    with report_errors():
        folder = Path(HydraConfig.get().runtime.output_dir)
        hide_passwords(folder, HydraConfig.get().output_subdir)
        run = resolved(cfg, HydraConfig.get())
        from src import tracking
        from src.engines.single.ranks import is_main_process

        with none_left_if_refused(folder):
            is_main = is_main_process(run.trainer)
        if not is_main:
            from src.engines.single.engine import assist

            if is_new(run, HydraConfig.get().overrides.hydra):
                clear(folder)  # the first process has another
            if not run.lr_find:
                assist(run, folder)
            return None
        announce(run, f"{run.ensemble} seeds" if run.ensemble else None)
        from src.sweep.reading import first_read

        with none_left(folder), tracking.open(run.tracking.enabled) as tracker:
            data = first_read(run)
            if run.lr_find:
                from src.sweep.find_lr import find_lr

                find_lr(run, folder, data)
                return None
            if run.ensemble:
                from src.sweep.seeds import train_ensemble

                typed: Any = HydraConfig.get().overrides.task
                train_ensemble(run, folder, tracker, data, as_given(typed))
                return None
            from src.sweep.one import train_one

            return train_one(run, folder, tracker, data).value


def is_new(run: Run, hydra: Sequence[str]) -> bool:
    """Whether the folder of `run` was named by this process alone."""
    return run.resume is None and not any(text.startswith("hydra.run.dir=") for text in hydra)


def main() -> None:
    """Hydra's main, with errors told in one line."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises instead of printing: `report_errors` has the last word
    # A process that another's launcher starts reads what it is sent before it has imported `src`, which knows of the plugins.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), src.PLUGINS)))
    raise_on_signals()
    register_resolvers()
    with report_errors(), output(goes_on=True):
        sys.argv[1:] = for_hydra(options_first(resume.arguments(each_once(sys.argv[1:]))))
        train()


if __name__ == "__main__":
    main()
