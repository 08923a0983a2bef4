"""A multirun's jobs: composed, checked, and with the files that Hydra leaves of each."""

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from hydra.core.utils import configure_log
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from src import runs
from src.config.composition import resolved
from src.config.schema import Run
from src.config.targets import as_given
from src.config.templates import Templates
from src.passwords import kept, without_passwords


class Composed(NamedTuple):
    """One job as Hydra composed it: `cfg` without its `hydra` node, that node, and the same as a `run`, checked."""

    cfg: DictConfig
    hydra: DictConfig
    run: Run

    @property
    def whole(self) -> DictConfig:
        """Both together, as callbacks of Hydra's know them; OmegaConf takes 10 ms to put them together."""
        whole = copy.deepcopy(self.cfg)
        with open_dict(whole):
            whole.hydra = self.hydra
        return whole


class Composer:
    """Composes the jobs of the multirun that `master` configures."""

    def __init__(self, master: DictConfig, loader: ConfigLoader) -> None:
        self.place = sweep_folder(master).resolve()
        self.templates = Templates(loader, lambda overrides: loader.load_sweep_config(master, overrides))

    def job(self, overrides: Sequence[str], number: int) -> Composed:
        """Job `number`; ValueError if its settings break a rule."""
        cfg = self._composed(list(overrides))
        with open_dict(cfg):
            hydra = cfg.hydra
            hydra.job.id, hydra.job.num = str(number), number
            hydra.runtime.output_dir = str(self.place / str(number))
            if (subdir := str(hydra.sweep.subdir)) != str(number):
                raise ValueError(f"hydra.sweep.subdir: must be the job's number, {number}, but got {subdir}.")
            cfg.pop("hydra")
        return Composed(cfg, hydra, resolved(cfg, hydra, self.templates.loader))

    def jobs(self, overrides: Sequence[Sequence[str]], first: int) -> dict[int, Composed]:
        """Those of a multirun, by number; ValueError also where they differ in what is the sweep's."""
        composed = {number: self.job(given, number) for number, given in enumerate(overrides, first)}
        if not composed:
            raise ValueError("command line: a sweep must have a job at least, but got a range that is empty.")
        check_together([made.run for made in composed.values()])
        check_distinct(composed)
        return composed

    def _composed(self, overrides: list[str]) -> DictConfig:
        cfg = self.templates.composed(overrides)
        of_task = [one for one in self.templates.parsed(overrides) if not one.is_hydra_override()]
        with open_dict(cfg):
            cfg.hydra.overrides.task = [one.input_line for one in of_task]
            cfg.hydra.job.override_dirname = _dirname(of_task, cfg.hydra.job.config.override_dirname)
        return cfg


def check_together(together: Sequence[Run]) -> None:
    """Raises ValueError where the jobs of one sweep differ in what is the sweep's."""
    tables = [{"engine": run.engine, "objective": run.first_objective, **_of_tracking(run)} for run in together]
    for key in tables[0]:
        if len(found := sorted({str(table[key]) for table in tables})) > 1:
            one = f"{key}={found[0]} sets one for all"
            raise ValueError(f"{key}: must be the same for all jobs of a sweep ({one}), but got {', '.join(found)}.")


def check_distinct(composed: Mapping[int, Composed]) -> None:
    """Raises ValueError where two jobs of a sweep are the same run."""
    known = dict[str, int]()
    for number, made in composed.items():
        first = known.setdefault(made.run.model_dump_json(), number)
        if first != number:
            typed = " ".join(as_given(made.hydra.overrides.task))
            raise ValueError(f"{typed}: must be one job of the sweep, but got it as {first} and as {number}.")


def _of_tracking(run: Run) -> dict[str, Any]:
    return {f"tracking.{key}": getattr(run.tracking, key) for key in ("enabled", "uri", "experiment")}


def sweep_folder(master: DictConfig) -> Path:
    """Where a multirun's jobs leave their folders."""
    return Path(str(master.hydra.sweep.dir))


def log_into(folder: Path, master: DictConfig) -> None:
    """One log for all jobs of a multirun, in `folder`, as Hydra keeps one for each run."""
    with read_write(master), open_dict(master):
        master.hydra.runtime.output_dir = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    configure_log(master.hydra.job_logging, master.hydra.verbose)


def write_hydra_files(folder: Path, job: Composed) -> None:
    """`.hydra/` as Hydra writes it for a run of its own."""
    if job.hydra.output_subdir is None:
        return
    place = folder / job.hydra.output_subdir
    place.mkdir(parents=True, exist_ok=True)
    hydra = OmegaConf.to_container(job.hydra, resolve=False, enum_to_str=True)
    runs.write_text(
        place / "config.yaml", _yaml(OmegaConf.to_container(job.cfg, resolve=False, enum_to_str=True)), flush=False
    )
    runs.write_text(place / "hydra.yaml", _yaml({"hydra": hydra}), flush=False)
    runs.write_text(place / "overrides.yaml", _yaml(as_given(job.hydra.overrides.task)), flush=False)


def hide_passwords(folder: Path, subdir: str | None) -> None:
    """In the files that Hydra itself has just written of a run."""
    for path in (folder / subdir).glob("*.yaml") if subdir is not None else ():
        if (shared := without_passwords(text := path.read_text(encoding="utf-8"))) != text:
            runs.write_text(path, shared)


def without_secrets(master: DictConfig) -> DictConfig:
    """A multirun's configuration as it may be kept, in the same folder."""
    shared = OmegaConf.create(kept(OmegaConf.to_container(master, resolve=False)))
    OmegaConf.copy_cache(from_config=master, to_config=shared)
    return shared


class _Dumper(yaml.CSafeDumper):
    """OmegaConf's text, by the C library."""


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    quoted = text.lower() in _BOOLEANS or _is_number(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if quoted else None)


_BOOLEANS = ("y", "yes", "n", "no", "true", "false", "on", "off")
_Dumper.add_representer(str, _text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _yaml(values: Any) -> str:
    return str(yaml.dump(values, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=_Dumper))


def _dirname(overrides: Sequence[Override], settings: DictConfig) -> str:
    """Hydra's name for a job's folder, of which only `hydra.yaml` tells."""
    named = sorted(str(one.input_line) for one in overrides if one.key_or_group not in settings.exclude_keys)
    return re.sub("=", settings.kv_sep, settings.item_sep.join(named))
