"""The playground as one HTML file, with styles, scripts and runs inside: it opens without a network."""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from experiments.playground.knobs import KNOBS, START, Knob

HERE = Path(__file__).parent
SCRIPTS = ("network.js", "boundary.js", "curves.js", "page.js")
NOISY = {"data": "circles", "label noise": "40 %"}
QUESTIONS = {
    "Can one unit learn XOR?": {"data": "XOR", "hidden units": "none"},
    "How many units does a circle take?": {"data": "circles", "hidden units": "2"},
    "What are layers worth without an activation?": {"data": "circles", "activation": "identity"},
    "Five epochs of a spiral": {"data": "spirals", "training stops": "epoch 5"},
    "A step that is too large": {"data": "circles", "learning rate": "0.3", "training stops": "epoch 200"},
    "Noise learned by heart": {**NOISY, "training stops": "epoch 200"},
    "The same, stopped early": NOISY,
    "The same, with dropout": {**NOISY, "dropout": "0.2", "training stops": "epoch 200"},
}  # each a position: what differs from the start


def html(knobs: Mapping[str, Knob], found: Mapping[str, Any]) -> str:
    """The page of these knobs; `found`: as `recorded` gives it."""
    start = {name: START[name] if START.get(name) in knob else next(iter(knob)) for name, knob in knobs.items()}
    names = {"knobs": {name: list(knob) for name, knob in knobs.items()}, "start": start}
    # In a script, HTML knows no escapes: only "<" must not occur.
    data = json.dumps({**names, **found}, separators=(",", ":")).replace("<", "\\u003c")
    given = {
        "style": _file("page.css"),
        "knobs": "\n".join(_knob(name, knob, start[name]) for name, knob in knobs.items()),
        "questions": "\n".join(_question(text, there) for text, there in QUESTIONS.items() if _is_there(there, knobs)),
        "count": f"{len(found['runs']):,}",
        "data": data,
        "script": "\n".join(map(_file, SCRIPTS)),
    }
    page = _file("page.html")
    for name, text in given.items():
        page = page.replace(f"<!-- {name} -->", text, 1)
    return page


def _knob(name: str, knob: Knob, start: str) -> str:
    """Radio buttons, which the arrow keys turn."""
    choices = "".join(
        f'<label><input type="radio" name="{escape(name)}" value="{escape(value)}"'
        f"{' checked' if value == start else ''}><span>{escape(value)}</span></label>"
        for value in knob
    )
    return f"<fieldset><legend>{escape(name)}</legend><div>{choices}</div></fieldset>"


def _question(text: str, there: Mapping[str, str]) -> str:
    return f'<li><a href="#{escape(urlencode(there))}">{escape(text)}</a></li>'


def _is_there(there: Mapping[str, str], knobs: Mapping[str, Knob]) -> bool:
    assert all(value in KNOBS[name] for name, value in there.items())
    return all(value in knobs[name] for name, value in there.items())


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
