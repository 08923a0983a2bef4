"""A command of `src.train` as a call: the same composition, folders and records, in this process."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from src.config.command_line import each_once, for_hydra
from src.config.composition import hydra_of, register_resolvers
from src.config.errors import raise_errors
from src.config.terminal import output
from src.runs import resume
from src.train import train


def run(overrides: Sequence[str]) -> Path:
    """Train the run of these overrides, or its ensemble; where it lies. ValueError, of one line, for a mistake."""
    with _called(), hydra_of("train") as hydra:
        ended = hydra.run("train", train, _read(overrides), with_log_configuration=False)
        return _from_here(ended.hydra_cfg.hydra.runtime.output_dir)


def multirun(overrides: Sequence[str]) -> Path:
    """Train the runs of a sweep or a search; where they lie."""
    with _called(), hydra_of("train") as hydra:
        ended: Any = hydra.multirun("train", train, _read(overrides), with_log_configuration=False)
        return _from_here(ended if isinstance(ended, Path) else Path(ended[0][0].working_dir).parent)


def _read(overrides: Sequence[str]) -> list[str]:
    return for_hydra(resume.arguments(each_once(overrides)))


def _from_here(folder: str | Path) -> Path:
    path, here = Path(folder), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@contextmanager
def _called() -> Iterator[None]:
    """Mistakes are raised, and the caller's logging is as it was: a sweep logs into its folder."""
    register_resolvers()
    warnings.filterwarnings("ignore", "IProgress not found")  # by MLflow's tqdm: the bars here are not its
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        with raise_errors(), output(goes_on=True):
            yield
    finally:
        for handler in set(root.handlers) - set(handlers):
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
