"""The command line as people type it: text of any language, in values, lists and sweeps."""

import re

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser

from src.config.command_line import CONF, as_typed, each_once, for_hydra, options_first
from src.config.composition import compose_run

VALUES = {
    "Größe": "Größe",
    "/home/jürgen/meine Größen.csv": "/home/jürgen/meine Größen.csv",
    "[straße, plz,'[c]']": None,  # it has quotes, and is the user's
    "[straße,plz, Höhe über NN]": ["straße", "plz", "Höhe über NN"],
    "{alter: 数}": {"alter": "数"},
    "'größe'": "größe",
    "my file.npz": "my file.npz",
}


@pytest.mark.parametrize("value", VALUES)
def test_text_beyond_ascii_needs_no_quotes(value: str):
    (given,) = for_hydra([f"data.key={value}"])
    if VALUES[value] is None:
        assert given == f"data.key={value}"
        return
    (override,) = OverridesParser.create().parse_overrides([given])
    assert override.value() == VALUES[value]


def test_a_sweep_over_it_has_its_parts():
    (override,) = OverridesParser.create().parse_overrides(for_hydra(["data.target=größe,plz,straße"]))
    assert list(override.sweep_string_iterator()) == ["'größe'", "plz", "'straße'"]


PRUNER = "hydra.sweeper.pruner={name: median}"


@pytest.mark.parametrize("before", [["hydra/sweeper=optuna"], ["+search=quick"]], ids=["null", "another"])
def test_a_mapping_for_a_pruner_takes_the_place_of_whatever_there_is(before: list[str]):
    typed = [*before, PRUNER, "+hydra.sweeper.params.seed=3"]
    given = for_hydra(typed)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", given, return_hydra_config=True)
    assert cfg.hydra.sweeper.pruner == {"name": "median"}
    assert as_typed(given) == typed


def test_a_setting_of_a_sampler_or_a_pruner_need_not_stand_in_a_file():
    typed = ["+search=quick", "hydra.sweeper.sampler.n_startup_trials=2", "hydra.sweeper.pruner.min_resource=4"]
    given = for_hydra(typed)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        sweeper = compose("train", given, return_hydra_config=True).hydra.sweeper
    assert sweeper.sampler.n_startup_trials == 2
    assert (sweeper.pruner.name, sweeper.pruner.min_resource) == ("halving", 4)
    assert as_typed(given) == typed


@pytest.mark.parametrize("again", ["epochs=1", "epochs=2", "+epochs=2", "++epochs=2", "+search=quick", "++search=mlp"])
def test_a_key_is_given_once(again: str):
    typed = ["epochs=1", "+search=quick", "~patience", "patience=3", "optimizer=sgd", "optimizer.lr=1", again]
    with pytest.raises(ValueError, match=f": must be given once, but got .* and '{re.escape(again)}'"):
        each_once(typed)
    assert each_once(typed[:-1]) == typed[:-1]


def test_lightning_may_give_its_other_processes_what_was_typed_and_more():
    rank = [
        "hydra.run.dir=mine",
        "hydra.run.dir='mine'",
        "hydra.job.name=train_ddp_process_1",
        "hydra.output_subdir=null",
    ]
    assert each_once(rank) == rank


def test_options_of_hydras_may_stand_anywhere():
    typed = ["data=blobs", "--config-dir", "conf", "model=own", "-m", "seed=1,2"]
    assert options_first(typed) == ["--config-dir", "conf", "-m", "data=blobs", "model=own", "seed=1,2"]


NAMES = {
    "data.columns.größe": "größe",
    "data.columns.a.b": "a.b",
    "data.columns.my column": "my column",
    "data.columns._u41_": "_u41_",
    "data.columns.2020": "2020",
    "tracking.tags.prüfer": "prüfer",
    "tracking.tags.mlflow.note.content": "mlflow.note.content",
}


@pytest.mark.parametrize("key", NAMES)
def test_a_name_of_a_users_own_has_any_signs_and_is_shown_as_it_was_typed(key: str):
    block, name = ("columns", "data") if key.startswith("data") else ("tags", "tracking")
    typed = f"{key}=drop"
    given = for_hydra([typed])
    run = compose_run("data=table", "data.path=rows.csv", "data.target=y", typed)
    values = run.data["columns"] if block == "columns" else run.tracking.tags
    assert {str(column): kind for column, kind in values.items()} == {NAMES[key]: "drop"}, name
    assert as_typed(given) == [typed]


def test_a_plus_in_front_of_a_name_is_no_matter():
    typed = ["data.columns.age (years)=drop", "tracking.tags.a b=1"]
    assert for_hydra([f"+{text}" for text in typed]) == for_hydra(typed)


def test_a_mapping_has_names_beyond_ascii():
    run = compose_run("data=table", "data.path=rows.csv", "data.target=y", "data.columns={größe: drop, a.b: numeric}")
    assert run.data["columns"] == {"größe": "drop", "a.b": "numeric"}


@pytest.mark.parametrize("typed", ["model=null", "model=", "augment=3", "optimizer=[adam,sgd]", "+experiment={}"])
def test_a_choice_is_a_name(typed: str):
    key = typed.lstrip("+").partition("=")[0]
    with pytest.raises(ValueError, match=rf"^{key}: must be a name \(of ours: \w+.*\), but got "):
        for_hydra([typed])
