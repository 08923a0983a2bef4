"""Pages of a sweep, a search, single runs and an experiment, opened in a browser without a network."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.report.browser import Browser
from tests.report.conftest import Store

SUBJECTS = {
    "sweep": (
        {"sweep": "{sweep}"},
        {"leaderboard", "curves", "settings", "best", "mistakes", "lost", "where", "again"},
    ),
    "search": (
        {"sweep": "smoke-quick"},
        {"leaderboard", "curves", "search", "settings", "best", "mistakes", "where", "again"},
    ),
    "experiment": (
        {"experiment": "smoke"},
        {"leaderboard", "together", "sweeps", "curves", "settings", "best", "mistakes", "lost", "where", "again"},
    ),
    "binary": ({"experiment": "sick or <b>healthy</b>"}, {"curves", "best", "mistakes", "where", "again"}),
    "regression": ({"experiment": "regression"}, {"curves", "layers", "best", "mistakes", "where", "again"}),
    "table": ({"experiment": "table"}, {"curves", "best", "groups", "columns", "mistakes", "where", "again"}),
    "member": ({"run": "{sweep}/0"}, {"curves", "best", "where", "again"}),
    "claim": (
        {"claim": "loss_landscape"},
        {"claim", "leaderboard", "sweeps", "curves", "best", "where", "again"},
    ),
    "untrained": ({"claim": "backpropagation"}, {"claim", "again"}),
}
FIGURES = {
    "sweep": 6,
    "search": 10,
    "experiment": 10,
    "binary": 6,
    "regression": 10,
    "table": 9,
    "member": 2,
    "claim": 1,
    "untrained": 0,
}


@pytest.fixture(scope="module")
def pages(store: Store) -> dict[str, Path]:
    sweep = store.sweep.name
    subjects = {name: given for name, (given, _) in SUBJECTS.items()}
    return {
        name: store.page(**{key: value.format(sweep=sweep) for key, value in given.items()})
        for name, given in subjects.items()
    }


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_page_has_the_sections_that_its_subject_has(pages: dict[str, Path], name: str):
    text = pages[name].read_text(encoding="utf-8")
    assert set(re.findall(r'<section id="(\w+)">', text)) == SUBJECTS[name][1]
    assert set(re.findall(r'<a href="#(\w+)">', text)) == SUBJECTS[name][1]
    assert len(text) < 6_000_000
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:|#)', markup), "everything is inside"


def test_seeds_of_one_configuration_are_told_together(pages: dict[str, Path], store: Store):
    (told,) = [json.loads(path.read_text()) for path in (store.folder / "mlruns" / "sweeps").glob("*/ensemble.json")]
    section = pages["experiment"].read_text(encoding="utf-8").partition('<section id="together">')[2]
    rows = re.findall(r"<tr>(.*?)</tr>", section.partition("</section>")[0])
    figures = {cells[0]: cells[1:] for row in rows if (cells := re.findall(r"<td[^>]*>(.*?)</td>", row))}
    each, bounds = told["of_members"]["test"]["accuracy"], (told["test"]["accuracy_low"], told["test"]["accuracy_high"])
    assert figures["accuracy"][0] == f"{each['mean']:.4f} ± {each['sd']:.4f}"
    assert figures["accuracy"][1] == f"{told['test']['accuracy']:.4f}"
    assert re.findall(r"[\d.]+", figures["accuracy"][2]) == [f"{bound:.4f}" for bound in bounds]


def test_what_was_chosen_on_val_is_named_where_the_figures_are_of_val(pages: dict[str, Path]):
    told = "Chosen on this very split: the best epoch; so the figures flatter the run."
    assert told in pages["sweep"].read_text(encoding="utf-8")
    assert "Chosen on this very split" not in pages["binary"].read_text(encoding="utf-8"), "it is of test"


def test_the_loss_says_why_train_may_lie_above_val(pages: dict[str, Path]):
    told = "Train may lie above val: it is the mean over an epoch in which the weights change"
    for name in ("binary", "sweep"):
        assert f"{told}." in pages[name].read_text(encoding="utf-8")
    assert f"{told}; it has dropout, which val has not." in pages["regression"].read_text(encoding="utf-8")


def test_of_a_calibrated_run_the_temperature_is_told(pages: dict[str, Path], store: Store):
    told = [json.loads(path.read_text()) for path in (store.folder / "mlruns" / "runs").glob("*/results.json")]
    (known,) = [one for one in told if one["temperature"] is not None]
    text = pages["binary"].read_text(encoding="utf-8")
    before = known["test"]["calibration_error_uncalibrated"]
    line = f"divided by the temperature {known['temperature']:.3f}, fitted on val; before, the calibration error was"
    assert f"{line} {before:.4f}" in text


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_page_opens_without_a_network_or_an_error(pages: dict[str, Path], browser: Browser, name: str, width: int):
    browser.open(pages[name], width)
    assert browser.messages() == []
    inner = browser.ask("return [document.documentElement.scrollWidth, window.innerWidth, document.characterSet]")
    assert inner[0] <= inner[1] == width
    assert inner[2] == "UTF-8"
    canvases = browser.ask(
        "return [...document.querySelectorAll('.canvas')].map(c => [c.querySelectorAll('.plot-container').length,"
        " c.querySelectorAll('.trace, .hm, .bars').length, c.querySelector('.main-svg').clientWidth <= c.clientWidth])"
    )
    assert len(canvases) == FIGURES[name]
    assert all(count == 1 and traces > 0 and fits for count, traces, fits in canvases), canvases
    assert (
        browser.ask("return performance.getEntriesByType('resource').filter(r => !r.name.startsWith('data:')).length")
        == 0
    )
    assert browser.ask("return [...document.images].every(image => image.complete && image.naturalWidth > 0)")


def test_the_mouse_over_a_curve_tells_its_epoch_and_its_settings(pages: dict[str, Path], browser: Browser):
    browser.open(pages["sweep"], 1400)
    spot = browser.ask(
        "const dot = document.querySelector('#curves .points path'); dot.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const box = dot.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]"
    )
    browser.hover(*spot)
    told = browser.ask("return [...document.querySelectorAll('.hoverlayer .hovertext')].map(t => t.textContent).join()")
    assert "epoch" in told
    assert "run" in told


def test_names_are_text_not_markup(pages: dict[str, Path], browser: Browser):
    browser.open(pages["binary"], 1400)
    assert browser.ask("return document.title") == "sick or <b>healthy</b>: report"
    assert browser.ask("return document.querySelector('h1').textContent") == "sick or <b>healthy</b>"
    assert browser.ask("return document.querySelectorAll('h1 b').length") == 0


def test_simulated_data_are_called_so(pages: dict[str, Path]):
    for name, path in pages.items():
        assert ('<p class="note">Simulated data.</p>' in path.read_text(encoding="utf-8")) == (
            name in ("binary", "claim")
        )


def test_what_may_mislead_stands_above_the_figures(pages: dict[str, Path], browser: Browser):
    browser.open(pages["table"], 1400)
    warnings = browser.ask("return [...document.querySelectorAll('header .warning')].map(p => p.textContent)")
    assert any("leak" in warning for warning in warnings)
    assert browser.ask("return document.querySelectorAll('td b, td i').length") == 0, "a user's names are text"


def test_groups_and_rows_are_those_that_the_run_left(pages: dict[str, Path], store: Store, browser: Browser):
    (slices,) = (store.folder / "mlruns" / "runs").glob("*/slices.csv")
    left = pd.read_csv(slices, keep_default_na=False)
    browser.open(pages["table"], 1400)
    cells = "return [...document.querySelectorAll('#%s tbody tr')].map(r => [...r.cells].map(c => c.innerText))"
    told = browser.ask(cells % "groups")
    assert [row[1] for row in told] == ["", "<i>B", "North", "f", "m"] == ["", *left["group"][1:]]
    assert [int(row[2]) for row in told] == list(left["n"])
    assert [row[4].split("\n")[0] for row in told] == [f"{float(value):.4f}" for value in left["auroc"]]
    worst = pd.read_csv(slices.parent / "worst_mistakes.csv", keep_default_na=False).head(20)
    told = browser.ask(cells % "mistakes")
    assert [int(row[0]) for row in told] == list(worst["name"])
    assert [row[4] for row in told] == list(worst["slice_site"])
    of_axis = "return [...document.querySelectorAll('#columns .ytick')].map(t => [t.getBoundingClientRect().y, t.textContent])"
    labels = [label for _, label in sorted(browser.ask(of_axis))]
    assert labels == list(pd.read_csv(slices.parent / "importance.csv")["column"])
    assert labels[0] == "age"
