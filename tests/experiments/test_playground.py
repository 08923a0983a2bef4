"""The playground: its knobs compose, its page shows the runs that were recorded, and is used by the keyboard alone."""

import json
import re
import shlex

import numpy as np
import pytest
import torch

from experiments.__main__ import claims
from experiments.playground.knobs import KNOBS, START, overrides, positions, quick_knobs
from src import runs
from src.config.composition import compose_run
from src.prediction.predictor import Predictor
from tests import doors
from tests.once import once

MB = 1e6


def make(folder):
    done = doors.run("-m", "experiments.playground", "--quick", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mlruns/playground-quick.html: 40 runs" in done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the quick playground was made."""
    return once(tmp_path_factory, "playground", make)


@pytest.fixture(scope="module")
def page(folder):
    return folder / "mlruns" / "playground-quick.html"


@pytest.fixture(scope="module")
def found(page):
    """What the page holds."""
    data = re.search(r'<script type="application/json" id="playground">(.*?)</script>', page.read_text(), re.DOTALL)
    return json.loads(data[1])


@pytest.fixture
def opened(browser, page):
    """The page in the browser, as wide as on a desk."""
    browser.open(page, 1280)
    return browser


def told(browser):
    return browser.ask("return ['told', 'command', 'name'].map((id) => document.getElementById(id).textContent)")


def test_it_is_no_claim():
    assert "playground" not in claims()


def test_there_are_a_thousand_runs_and_one_for_every_position():
    every = positions(KNOBS)
    assert len(every) == len(set(every)) == np.prod([len(knob) for knob in KNOBS.values()])
    assert len({overrides(KNOBS, position) for position in every}) >= 1000


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, knob in KNOBS.items() for value in knob])
def test_every_value_of_a_knob_is_one_of_the_command_line(name, value):
    at = {knob: START.get(knob, next(iter(KNOBS[knob]))) for knob in KNOBS} | {name: value}
    assert compose_run(*overrides(KNOBS, tuple(at.values()))).epochs <= 200


def test_it_is_one_file_below_ten_megabytes_that_needs_no_network(page, found):
    text = page.read_text()
    assert not re.findall(r"(?:src|href)=\"(?!data:|#|\$)|url\(|@import|fetch\(|https?://", text)
    every = len({overrides(KNOBS, position) for position in positions(KNOBS)})
    of_runs = len(json.dumps([found[name] for name in ("runs", "weights", "losses")]))
    assert len(text) + of_runs / len(found["runs"]) * every < 10 * MB  # its runs are as large as the largest


def test_what_the_page_computes_is_what_the_model_predicts(opened, folder, found):
    points = [row[:2] for row in found["rows"][0]["val"][:40]]
    numbers = range(len(found["runs"]))
    shown = opened.ask("return arguments[0].map((number) => predict(number, arguments[1]))", list(numbers), points)
    for number in numbers:
        predictor = Predictor.of_run(folder / "mlruns" / "sweeps" / found["runs"][number]["name"])
        expected = torch.sigmoid(predictor.logits(torch.tensor(points)))
        np.testing.assert_allclose(shown[number], expected, atol=1e-5)


def test_the_curves_and_the_stopping_point_are_those_of_the_history(opened, folder, found):
    for number, run in enumerate(found["runs"]):
        history = runs.read_history(folder / "mlruns" / "sweeps" / run["name"])
        shown = opened.ask(
            "const of = lossesOf(playground.runs[arguments[0]]); return [[...of.train], [...of.val]]", number
        )
        np.testing.assert_allclose(
            shown, [[row[name] for row in history] for name in ("train/loss", "val/loss")], rtol=1e-6
        )
        assert run["stopped"] == len(history)
        if run["reason"] == "patience":
            assert run["kept"] == 1 + int(np.argmin([row["val/loss"] for row in history])) == run["stopped"] - 20


def test_the_command_under_a_picture_gives_that_run_to_the_bit(opened, folder, tmp_path):
    _, command, name = told(opened)
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "src.train"]
    done = doors.run(*words[1:], "tracking.enabled=false", "hydra.run.dir=mlruns/runs/again", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, again = folder / name, tmp_path / "mlruns" / "runs" / "again"
    rows = [[{**row, "epoch_seconds": 0} for row in runs.read_history(one)] for one in (first, again)]
    assert rows[0] == rows[1]
    weights = [Predictor.of_run(one).model.state_dict() for one in (first, again)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_the_keyboard_alone_turns_the_knobs(opened, found):
    before, pixels = told(opened), opened.ask("return document.getElementById('boundary').toDataURL()")
    start = opened.ask("return chosen()")
    for _ in range(30):
        opened.press("tab")
        if opened.ask("return document.activeElement.name") == "hidden units":
            break
    opened.press("left")
    assert opened.ask("return chosen()") == {**start, "hidden units": "none"}
    after = told(opened)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert "model.widths=[]" in shlex.split(after[1])
    assert opened.ask("return document.getElementById('boundary').toDataURL()") != pixels
    assert "hidden+units=none" in opened.ask("return location.hash")
    opened.ask("location.hash = ''")
    assert opened.ask("return new Promise((done) => setTimeout(() => done(chosen()), 100))") == start


def test_every_position_shows_the_run_of_its_command(opened, found):
    knobs = quick_knobs()
    for position in positions(knobs):
        there = dict(zip(knobs, position, strict=True))
        run = opened.ask("return playground.runs[numberOf(arguments[0]).run]", there)
        assert set(overrides(knobs, position)) <= set(shlex.split(run["command"]))


def test_the_colour_is_that_of_the_label_that_is_decided(opened):
    script = """
      const canvas = document.getElementById("boundary"), plane = planeOf(playground.rows[numberOf(chosen()).rows], 420 / 330);
      const number = numberOf(chosen()).run, context = canvas.getContext("2d"), wrong = [];
      for (let x = 0.02; x < 1; x += 0.06) for (let y = 0.02; y < 1; y += 0.06) {
        const [red, , blue] = context.getImageData(canvas.width * x, canvas.height * y, 1, 1).data;
        const [share] = predict(number, [[plane.left + x * plane.width, plane.bottom + (1 - y) * plane.height]]);
        if (Math.abs(share - 0.5) > 0.4 && Math.abs(red - blue) > 20) wrong.push((red > blue) !== (share > 0.5));
      }
      return wrong;"""
    wrong = opened.ask(f"drawRow = () => {{}}; draw(); {script}")  # no row covers the plane
    assert len(wrong) > 100
    assert not any(wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 760, 1280])
def test_it_fits_and_is_legible(browser, page, scheme, width):
    browser.prefer(scheme)
    browser.messages()  # of other tests
    try:
        browser.open(page, width)
        assert browser.ask("const all = document.documentElement; return all.scrollWidth <= all.clientWidth")
        ink = ("ink", "soft", "blue", "orange")
        names = browser.ask(
            "return Object.fromEntries(arguments[0].map((name) => [name, colour(name)]))", [*ink, "ground", "card"]
        )
        assert (luminance(names["ground"]) > 0.5) == (scheme == "light")
        assert all(contrast(names[one], names[ground]) >= 3.5 for one in ink for ground in ("ground", "card"))
        assert not browser.messages()
    finally:
        browser.prefer("light")


def luminance(colour):
    """Relative luminance of `#rrggbb` (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_a_place_that_cannot_be_written_is_told_before_anything_is_trained(tmp_path):
    done = doors.run("-m", "experiments.playground", "--quick", "--output", "page.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "error: output: must be a file named .html, but got 'page.txt'.\n")
    assert not (tmp_path / "mlruns").exists()
