"""The command line as people type it: text of any language, in values, lists and sweeps."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from src.config.command_line import as_typed, for_hydra, options_first
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
    (given,) = for_hydra([typed])
    run = compose_run("data=table", "data.path=rows.csv", "data.target=y", typed)
    values = run.data["columns"] if block == "columns" else run.tracking.tags
    assert {str(column): kind for column, kind in values.items()} == {NAMES[key]: "drop"}, name
    assert as_typed(given) == typed


def test_a_mapping_has_names_beyond_ascii():
    run = compose_run("data=table", "data.path=rows.csv", "data.target=y", "data.columns={größe: drop, a.b: numeric}")
    assert run.data["columns"] == {"größe": "drop", "a.b": "numeric"}


@pytest.mark.parametrize("typed", ["model=null", "model=", "augment=3", "optimizer=[adam,sgd]", "+experiment={}"])
def test_a_choice_is_a_name(typed: str):
    key = typed.lstrip("+").partition("=")[0]
    with pytest.raises(ValueError, match=rf"^{key}: must be a name \(of ours: \w+.*\), but got "):
        for_hydra([typed])
