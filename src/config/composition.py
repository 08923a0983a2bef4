"""From what Hydra composed to a Run."""

import copy
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict

from src import runs
from src.config.command_line import CONF, OPEN, for_hydra, read_name
from src.config.environment import Resolved, resolve
from src.config.errors import report_errors
from src.config.folders import check_numbered, check_places
from src.config.help import choices
from src.config.loading import load
from src.config.messages import UNRESOLVED, explain, unresolved
from src.config.rules import ONE
from src.config.schema import Run
from src.config.started import started
from src.config.targets import as_given, on_its_target
from src.config.templates import Templates
from src.passwords import without_passwords
from src.runs.beginning import is_marked
from src.runs.identity import AGAIN, Identity

HYDRAS_OWN = "hydra_plugins.hydra_optuna_sweeper"  # for an Optuna before 3.0


def register_resolvers() -> None:
    """Names of folders in `conf/train.yaml`: `run_folder` of a single run, `sweep_folder` of a multirun; of help: `choices`."""
    # Cached by the text of their arguments, and Hydra hands the cache on: a multirun's jobs have the folder of the whole.
    OmegaConf.register_new_resolver("run_folder", _run_folder, use_cache=True, replace=True)
    OmegaConf.register_new_resolver("sweep_folder", _sweep_folder, use_cache=True, replace=True)
    OmegaConf.register_new_resolver("choices", choices, replace=True)


def resolved(
    cfg: DictConfig, hydra: Any, *, typed: Sequence[str] | None = None, loader: ConfigLoader | None = None
) -> Run:
    """The run of a composed configuration, with the defaults filled in that depend on how it was started.

    `typed`: the overrides, if they are not those of `hydra`.
    """
    given = as_given(hydra.overrides.task) if typed is None else typed
    values, written = _values(on_its_target(cfg, hydra, given, loader))
    alone = hydra.mode != RunMode.MULTIRUN
    if values.get("test") is None:  # in a sweep only the chosen configuration, retrained, may read the test split
        values["test"] = alone
    if isinstance(tracking := values.get("tracking"), dict):
        if tracking.get("experiment") is None:
            tracking["experiment"] = hydra.runtime.choices.get("experiment") or "default"
        if tracking.get("save_model") is None:
            tracking["save_model"] = alone
    if hydra.job.chdir:
        raise ValueError(
            "hydra.job.chdir: must be false: paths are those of where the command was typed, but got true."
        )
    run = load(values, written)
    if not alone and run.trainer.devices != 1 and (by := started()):
        raise ValueError(
            f"command line: must be without -m where {by.launcher} has started {by.world_size} processes, {ONE}, but got it."
        )
    if not alone and run.trainer.num_nodes != 1:
        raise ValueError(f"trainer.num_nodes: must be 1 in a multirun, but got {run.trainer.num_nodes}.")
    if not alone and run.ensemble is not None:
        of_best = "whose best configuration hydra.launcher.retrain (of a search hydra.sweeper.retrain) trains on so many seeds"
        raise ValueError(f"ensemble: must be null in a multirun, {of_best}, but got {run.ensemble}.")
    if not alone and run.lr_find:
        raise ValueError("lr_find: must be false in a multirun, whose runs are trained, but got true.")
    return run


def compose_run(*overrides: str) -> Run:
    """The run that `python -m src.train overrides...` would train."""
    register_resolvers()
    templates, typed = _templates(), for_hydra(overrides)
    template, values = templates.of(typed)
    return resolved(template.task(values), template.hydra, typed=typed, loader=templates.loader)


def composed_values(*overrides: str) -> dict[str, Any]:
    """Every key that there is with these overrides, nested, with its value as it is written."""
    register_resolvers()
    values: Any = OmegaConf.to_container(without_hydra(_compose(for_hydra(overrides))), resolve=False)
    return dict(values)


@contextmanager
def hydra_of(job: str) -> Iterator[Any]:
    """Hydra itself, for a process that was not started by it."""
    with initialize_config_dir(str(CONF), version_base="1.3", job_name=job):
        yield GlobalHydra.instance().hydra


@cache
def _templates() -> Templates:
    """Of runs that are composed in this process."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return Templates(GlobalHydra.instance().config_loader(), _compose)


def _compose(overrides: list[str]) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", overrides, return_hydra_config=True)


class Check(Callback):
    """Lets a bad configuration, or that of another run than its folder holds, die before Hydra writes there."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        with report_errors():
            _check_launcher(config.hydra.overrides.hydra, has_seeds=bool(config.ensemble))
            check_places(config.hydra, "hydra.run.dir", "sweep" if config.ensemble else "run")
            run = resolved(without_hydra(config), config.hydra)
            if str(config.hydra.sweeper._target_).endswith("OptunaSweeper"):
                raise ValueError(
                    "search: must be started with -m (python -m src.train -m ...), but got a search without it."
                )
            folder = Path(config.hydra.run.dir)
            if run.lr_find and is_marked(folder):  # it would change what the run there goes on by
                raise ValueError(f"lr_find: must be asked in a folder where no run is, but got {folder}.")
            Identity.of(run).check(folder, again=AGAIN)

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        with report_errors():
            if (target := str(config.hydra.sweeper._target_)).startswith(HYDRAS_OWN):
                ours = "hydra/sweeper=optuna is another here, which takes the same keys"
                raise ValueError(f"hydra.sweeper._target_: must be left out ({ours}), but got {target}.")
            check_places(config.hydra, "hydra.sweep.dir", "sweep")
            check_numbered(config.hydra)


def _check_launcher(typed: Iterable[str], *, has_seeds: bool) -> None:
    """Raises ValueError for a key of the launcher, which one run has not, nor has an ensemble but for where it goes on."""
    for text in typed:
        key, _, value = text.lstrip("+~").partition("=")
        if key.startswith(("hydra.launcher", "hydra/launcher")) and not (has_seeds and key == "hydra.launcher.resume"):
            raise ValueError(
                f"{key}: must stand in a command with -m (python -m src.train -m ...), but got {value} without it."
            )


def _values(cfg: DictConfig) -> Resolved:
    """Plain values; ValueError naming the key of an interpolation that leads nowhere, or of what must be set."""
    try:
        values, written = resolve(cfg)
    except UNRESOLVED as error:
        raise ValueError(next(_lead_nowhere(cfg), explain(error))) from error
    for path in OPEN:
        block, _, name = path.partition(".")
        if isinstance(named := values[block].get(name), dict):
            values[block][name] = {read_name(str(key)): value for key, value in named.items()}
            written = {
                (*keys[:2], read_name(str(keys[2])), *keys[3:]) if keys[:2] == (block, name) else keys: text
                for keys, text in written.items()
            }
    return Resolved(values, written)


def _lead_nowhere(node: Any, prefix: str = "") -> Iterator[str]:
    """A line for each interpolation below `node` that leads nowhere."""
    names = range(len(node)) if isinstance(node, ListConfig) else list(node)
    for name in names:
        raw = node._get_node(name)
        if OmegaConf.is_interpolation(node, name):
            try:
                node[name]
            except UNRESOLVED as error:
                yield unresolved(f"{prefix}{name}", error)
        elif OmegaConf.is_config(raw) and not raw._is_missing() and not raw._is_none():
            yield from _lead_nowhere(raw, f"{prefix}{name}.")


def without_hydra(config: DictConfig) -> DictConfig:
    """A composed configuration less Hydra's own node."""
    task = copy.copy(config)
    with open_dict(task):
        task.pop("hydra")
    return task


def _run_folder(resume: str | None, ensemble: int | None, sweep_dir: str) -> str:
    """A new folder, that of the run to go on with, or, of an ensemble, the one that its command has as a sweep."""
    if ensemble and not resume:
        return sweep_dir
    return str(runs.find(resume, key="resume") if resume else runs.ROOT / "runs" / runs.new_name())


def _sweep_folder(choices: DictConfig, overrides: ListConfig, launcher: DictConfig, sweeper: DictConfig) -> str:
    """`<experiment>-<hash of the overrides>`, of a search its study's name: the same command finds its sweep again.

    A fresh one adds the time.
    """
    experiment = choices.get("experiment") or "default"
    if "study_name" in sweeper:
        parts = [sweeper.study_name or f"{experiment}-{choices.get('search') or 'search'}"]
        begun = sweeper.resume
    else:
        asked = without_passwords("\n".join(as_given(overrides)))
        parts = [experiment, hashlib.sha256(asked.encode()).hexdigest()[:8]]
        if (name := choices.get("hydra/launcher")) not in (None, "stacked"):
            parts.append(name)
        begun = launcher.get("resume")
    if begun == "fresh":
        parts.append(runs.new_name())
    return str(runs.ROOT / "sweeps" / "-".join(parts).replace("/", "-").lstrip("."))
