"""Settings on the page, and as the command line has them: Hydra's own parser is the judge."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from src.config.command_line import for_hydra
from src.report.command import typed
from src.report.text import setting


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("20240101", "20240101"),
        ("20240102", "20240102"),
        ("v1.0", "v1.0"),
        ("64.0", "64"),
        ("0.0012345678", "0.001235"),
        ("<b>", "&lt;b&gt;"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_a_setting_is_told_as_it_is_and_a_float_by_four_digits(given, told: str):
    assert setting(given) == told


@pytest.mark.parametrize(
    "given",
    [
        *("price, EUR", "größe, m", "[a]", " a ", "a b", "it's, so", "", "null", "True", "x=1", "{a}", "$x"),
        *("C:\\x,y", "C:\\x y\\", "b\\'q", ["a, b", "", "c"], [64, 32], 0.001, None, True),
    ],
)
def test_a_value_istyped_as_hydra_reads_it(given):
    (override,) = OverridesParser.create().parse_overrides(for_hydra([f"key={typed(given)}"]))
    assert not override.is_sweep_override()
    assert override.value() == given
