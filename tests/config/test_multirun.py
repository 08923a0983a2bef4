"""A multirun's jobs, composed as Hydra composes them one by one."""

from typing import Any

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict

from src.config.command_line import CONF
from src.config.composition import register_resolvers
from src.config.multirun import Composer

JOBS = [
    ["+experiment=smoke", "optimizer.lr=1e-3", "model.widths=[8,4]", "seed=1"],
    ["+experiment=smoke", "optimizer.lr=1e-2", "model.widths=[16]", "seed=2"],
    ["+experiment=smoke", "optimizer.lr=1e-2", "model.widths=[]", "seed=1"],
    ["optimizer=momentum", "optimizer.lr=0.5", "patience=3", "objective=[val/loss,val/auroc]"],
    ["optimizer=momentum", "optimizer.lr=0.1", "patience=null", "objective=val/loss"],
    ["optimizer=adam", "optimizer.lr=0.1", "patience=null", "objective=val/loss"],
    ["schedule=cosine", "+model.extra={a:1,b:2}", "data=digits"],
    ["schedule=cosine", "+model.extra={c:3}", "data=digits"],
    ["augment={shift:0.2,flip:0.5,rotation:0.0,scale:0.0}"],
    ["tracking.run_name='a name, with = and :'", "threshold=0.3"],
    ["tracking.run_name=12", "threshold=youden"],
    ["tracking.run_name=on", "threshold='0.3'"],
    ["hydra.job.chdir=null", "seed=4"],
    ["~model.dropout", "seed=5"],
    ["seed=7", "seed=8"],
    ["seed=9", "seed=6"],
]


@pytest.fixture
def hydra() -> Any:
    register_resolvers()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        yield loader, loader.load_configuration("train", ["seed=1,2"], run_mode=RunMode.MULTIRUN)


def test_a_copy_with_its_own_values_is_what_hydra_composes(hydra: tuple[Any, DictConfig]):
    loader, master = hydra
    composer = Composer(master, loader)
    theirs = [loader.load_sweep_config(master, overrides) for overrides in JOBS]
    pairs = list(zip(JOBS, theirs, strict=True))
    for overrides, its in [*pairs, *reversed(pairs)]:
        mine = composer._whole(overrides, 3)
        with open_dict(its):
            its.hydra.job.id, its.hydra.job.num, its.hydra.runtime.output_dir = "3", 3, str(composer.place / "3")
        for cfg in (mine, its):  # random names of folders are resolved one by one
            cfg.hydra.run.dir = "resolved elsewhere"
        assert OmegaConf.to_container(mine) == OmegaConf.to_container(its), overrides
    assert len(composer.templates) < len(JOBS)


def test_what_is_kept_of_a_job_is_its_configuration(hydra: tuple[Any, DictConfig]):
    loader, master = hydra
    composer = Composer(master, loader)
    for overrides in JOBS[:6]:
        made = composer.job(overrides, 3)
        whole = composer.whole({3: made}, 3)
        assert whole is not None
        plain: Any = OmegaConf.to_container(whole, enum_to_str=True)
        assert made.hydra == plain.pop("hydra")
        assert yaml.safe_load(made.config) == plain
    assert composer.whole({3: made}, 4) is None


def test_a_job_of_another_folder_than_its_number_is_refused(hydra: tuple[Any, DictConfig]):
    loader, _ = hydra
    for subdir in ("0", "${seed}", "x${hydra.job.num}"):
        typed = ["seed=1,2", f"hydra.sweep.subdir='{subdir}'"]
        master = loader.load_configuration("train", typed, run_mode=RunMode.MULTIRUN)
        with pytest.raises(ValueError, match=r"hydra.sweep.subdir: must be left out .*, but got"):
            Composer(master, loader).job(["seed=1"], 3)
