"""The command line as people type it: text of any language, in values, lists and sweeps."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from src.config.command_line import for_hydra

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
