"""What stands on the page, in the order in which it is read; what a subject lacks is left out."""

from html import escape

from src.report import tables
from src.report.board import ROWS, board
from src.report.claim import claim
from src.report.command import commands
from src.report.curves import curves_of_one
from src.report.diagnosis import diagnosis
from src.report.effects import DRAWN, effects, importances, keys_of
from src.report.header import head
from src.report.many_curves import curves_of_many
from src.report.page import Image, Page, Section
from src.report.page_data import PageData
from src.report.predictions import Predictions, predictions_of
from src.report.progress import progress
from src.report.style import Figure
from src.sweep.leaderboard import FLAWS

MISTAKES = "What the run is most wrong about, with its probability of the true class."
LAYER = "The weights of the first layer's units, grey at zero, the largest first."
IMAGES = {"worst_mistakes.png": ("Worst mistakes", MISTAKES), "first_layer.png": ("First layer", LAYER)}
LISTED = 12  # commands


def whole_page(material: PageData) -> str:
    """The page of `material`."""
    page = Page(f"{material.name}: report", head(material))
    if not material.runs:  # of a claim that trains nothing
        page.sections += filter(None, (claim(material), again(material)))
        return page.html()
    for make in (claim, leaderboard, sweeps, curves, search, settings, best_run, lost, provenance, again):
        if (section := make(material)) is not None:
            page.sections.append(section)
    return page.html()


def leaderboard(material: PageData) -> Section | None:
    """A row for each configuration, if there are runs to compare."""
    if material.board is None or len(material.entries) < 2:
        return None
    rows, better = len(material.board), "smaller" if material.direction == "minimize" else "larger"
    lead = [f"{f'The first {ROWS} of {rows:,}' if rows > ROWS else rows} configurations."]
    lead.append(f"{escape(material.objective)} of each run's best epoch on val; {better} is better.")
    if (material.board["n"] > 1).any():
        lead.append("Seeds are folded: mean ± standard deviation, n, 95 % interval of the mean by Student's t.")
    if material.board["p"].notna().any():
        lead.append("p: paired t-test over the seeds against the first row, not corrected for the number of rows.")
    if material.board[FLAWS].to_numpy().any():
        lead.append("Pruned runs stand below, then what is infeasible, configurations with a broken run last.")
    return Section("leaderboard", "Leaderboard", [f"<p>{' '.join(lead)}</p>", board(material)])


def sweeps(material: PageData) -> Section | None:
    """What an experiment is made of."""
    if material.subject not in ("experiment", "claim") or not material.parents:
        return None
    return Section("sweeps", "Sweeps and searches", [tables.sweeps(material)])


def curves(material: PageData) -> Section | None:
    """Loss over epochs."""
    if len(material.entries) > 1:
        figures = curves_of_many(material)
    else:
        figures = curves_of_one(material, material.best or material.runs[0])
    return Section("curves", "Curves", figures) if figures else None


def search(material: PageData) -> Section | None:
    """How a search went on."""
    figure = progress(material) if material.is_search else None
    return Section("search", "Progress of the search", [figure]) if figure else None


def settings(material: PageData) -> Section | None:
    """What each key does to the objective."""
    if not (keys := keys_of(material)):
        return None
    figure, rest = importances(material, keys), len(keys) - DRAWN
    few = "<p>How much each key explains is not told: fewer than ten runs have ended, or they are too much alike.</p>"
    more = [f"<p>{rest} more keys differ; they explain less and are not drawn.</p>"] * (rest > 0)
    return Section("settings", "Effect of each setting", [figure or few, *effects(material, keys), *more])


def best_run(material: PageData) -> Section | None:
    """How good the best run is, and where it errs."""
    if material.best is None:
        return None
    found = predictions_of(material)
    parts: list[str | Figure | Image] = [f"<p>{_lead(material, found)}</p>"]
    if found is not None:
        parts += [tables.figures(found), *diagnosis(found)]
    for name, (title, caption) in IMAGES.items():
        if name in material.files:
            parts.append(Image(title, caption, material.reader.file(material.best, name)))
    title = "The run" if material.subject == "run" else "The best run"
    return Section("best", title, parts)


def lost(material: PageData) -> Section | None:
    """The runs that have no result."""
    table = tables.lost(material)
    return Section("lost", "Runs without a result", [table]) if table else None


def provenance(material: PageData) -> Section | None:
    """Where the numbers come from."""
    return Section("where", "What was run where", [tables.where(material)])


def again(material: PageData) -> Section | None:
    """The commands that run it again, and every key of the best run."""
    parts = []
    for what, command, missing in commands(material)[:LISTED]:
        parts.append(f"<h3>{escape(what)}</h3>" + (f"<pre>{escape(command)}</pre>" if command else ""))
        parts += [f"<p>{escape(missing)}</p>"] if missing else []
    if material.best is not None:
        summary = f"<summary>Every key of {escape(material.best.label)}</summary>"
        parts.append(f"<details>{summary}{tables.params(material.best)}</details>")
    return Section("again", "Run it again", parts) if parts else None


def _lead(material: PageData, found: Predictions | None) -> str:
    assert material.best is not None
    label = f"<b>{escape(material.best.label)}</b>"
    if found is None:
        return f"MLflow has no predictions of {label}: how it decides cannot be drawn."
    told = f"{label} on the {len(found.labels):,} examples of {found.split}; bounds by bootstrap over the examples."
    if found.split == "val":
        told += " The best epoch (and a threshold) was chosen on this very split, so the figures flatter the run."
    return told
