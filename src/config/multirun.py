"""A multirun's jobs: composed, checked, and with the files that Hydra leaves of each."""

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
from src.config.folders import check_numbered
from src.config.schema import Run
from src.config.templates import Templates
from src.passwords import kept, without_passwords


class Composed(NamedTuple):
    """One job, checked: OmegaConf's trees of thousands of jobs would fill the memory, so this is all that is kept."""

    run: Run
    overrides: Sequence[str]
    config: str  # Hydra's config.yaml
    hydra: Mapping[str, Any]  # its hydra.yaml

    @property
    def typed(self) -> list[str]:
        """Its overrides less those of Hydra's own keys."""
        return list(self.hydra["overrides"]["task"])


class Composer:
    """Composes the jobs of the multirun that `master` configures."""

    def __init__(self, master: DictConfig, loader: ConfigLoader) -> None:
        self.place = sweep_folder(master).resolve()
        self.templates = Templates(loader, lambda overrides: loader.load_sweep_config(master, overrides))

    def job(self, overrides: Sequence[str], number: int) -> Composed:
        """Job `number`; ValueError if its settings break a rule."""
        template, values = self.templates.of(overrides)
        hydra = template.plain_hydra
        check_numbered(template.hydra)
        task, own = template.task(values), self._own(overrides, number, hydra["job"]["config"])
        run = resolved(task, template.hydra, typed=own["overrides"]["task"], loader=self.templates.loader)
        config = _yaml(OmegaConf.to_container(task, resolve=False, enum_to_str=True))
        return Composed(
            run, overrides, config, {**hydra, **{block: {**hydra[block], **keys} for block, keys in own.items()}}
        )

    def jobs(self, overrides: Sequence[Sequence[str]], first: int) -> dict[int, Composed]:
        """Those of a multirun, by number; ValueError also where they differ in what is the sweep's."""
        composed = {number: self.job(given, number) for number, given in enumerate(overrides, first)}
        if not composed:
            raise ValueError("command line: a sweep must have a job at least, but got a range that is empty.")
        check_together([made.run for made in composed.values()])
        check_distinct(composed)
        return composed

    def whole(self, composed: Mapping[int, Composed], number: int) -> DictConfig | None:
        """Job `number` with its `hydra` node, as callbacks of Hydra's know it; None if it is not among the `composed`."""
        return self._whole(composed[number].overrides, number) if number in composed else None

    def _whole(self, overrides: Sequence[str], number: int) -> DictConfig:
        template, values = self.templates.of(overrides)
        cfg = template.whole(values)
        with open_dict(cfg):
            cfg.hydra = OmegaConf.merge(cfg.hydra, self._own(overrides, number, template.plain_hydra["job"]["config"]))
        return cfg

    def _own(self, overrides: Sequence[str], number: int, settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """What differs in the `hydra` node from job to job."""
        of_task = [one for one in self.templates.parsed(overrides) if not one.is_hydra_override()]
        dirname = _dirname(of_task, settings["override_dirname"])
        return {
            "overrides": {"task": [one.input_line for one in of_task]},
            "job": {"id": str(number), "num": number, "override_dirname": dirname},
            "runtime": {"output_dir": str(self.place / str(number))},
        }


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
            raise ValueError(
                f"{' '.join(made.typed)}: must be one job of the sweep, but got it as {first} and as {number}."
            )


def _of_tracking(run: Run) -> dict[str, Any]:
    return {f"tracking.{key}": getattr(run.tracking, key) for key in ("enabled", "uri", "experiment")}


def sweep_folder(master: DictConfig) -> Path:
    """Where a multirun's jobs leave their folders."""
    return Path(str(master.hydra.sweep.dir))


def log_into(folder: Path, master: DictConfig) -> None:
    """One log for all jobs of a multirun, in `folder`, as Hydra keeps one for each run."""
    runtime = master.hydra.runtime
    with read_write(runtime):  # Hydra 1.4 marks each node by itself
        runtime.output_dir = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    configure_log(master.hydra.job_logging, master.hydra.verbose)


def write_hydra_files(folder: Path, job: Composed) -> None:
    """`.hydra/` as Hydra writes it for a run of its own."""
    if job.hydra["output_subdir"] is None:
        return
    place = folder / job.hydra["output_subdir"]
    place.mkdir(parents=True, exist_ok=True)
    runs.write_text(place / "config.yaml", job.config, flush=False)
    runs.write_text(place / "hydra.yaml", _yaml({"hydra": job.hydra}), flush=False)
    runs.write_text(place / "overrides.yaml", _yaml(job.typed), flush=False)


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


def _dirname(overrides: Sequence[Override], settings: Mapping[str, Any]) -> str:
    """Hydra's name for a job's folder, of which only `hydra.yaml` tells."""
    named = sorted(str(one.input_line) for one in overrides if one.key_or_group not in settings["exclude_keys"])
    return re.sub("=", settings["kv_sep"], settings["item_sep"].join(named))
