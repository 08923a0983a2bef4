"""A multirun's jobs: composed, checked, and with the files that Hydra leaves of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf, open_dict

from src import runs
from src.config.composition import resolved, without_hydra
from src.config.schema import Run


class Composed(NamedTuple):
    """One job as Hydra composed it: `hydra` is its Hydra node, `cfg` the rest, `run` the same, checked."""

    cfg: DictConfig
    hydra: DictConfig
    run: Run


def compose_job(master: DictConfig, loader: ConfigLoader, overrides: Sequence[str], number: int) -> Composed:
    """Job `number` of the multirun that `master` configures; ValueError if its settings break a rule."""
    cfg = loader.load_sweep_config(master, list(overrides))
    with open_dict(cfg):
        cfg.hydra.job.id, cfg.hydra.job.num = str(number), number
        cfg.hydra.runtime.output_dir = str((sweep_folder(master) / str(number)).resolve())
        if (subdir := str(cfg.hydra.sweep.subdir)) != str(number):
            raise ValueError(f"hydra.sweep.subdir: must be the job's number, {number}, but got {subdir}.")
        run = resolved(without_hydra(cfg), cfg.hydra)
        hydra = cfg.pop("hydra")
    return Composed(cfg, hydra, run)


def sweep_folder(master: DictConfig) -> Path:
    """Where a multirun's jobs leave their folders."""
    return Path(str(master.hydra.sweep.dir))


def write_hydra_files(folder: Path, job: Composed) -> None:
    """`.hydra/` as Hydra writes it for a run of its own."""
    if job.hydra.output_subdir is None:
        return
    place = folder / job.hydra.output_subdir
    place.mkdir(parents=True, exist_ok=True)
    runs.write_text(place / "config.yaml", OmegaConf.to_yaml(job.cfg))
    runs.write_text(place / "hydra.yaml", OmegaConf.to_yaml(OmegaConf.create({"hydra": job.hydra})))
    runs.write_text(place / "overrides.yaml", OmegaConf.to_yaml(job.hydra.overrides.task))
