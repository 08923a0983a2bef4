"""What stands on the page, in the order in which it is read; what a subject lacks is left out."""

from collections.abc import Callable
from html import escape

from src.report import tables
from src.report.best import best_run
from src.report.board import ROWS, board
from src.report.claim import claim
from src.report.command import commands
from src.report.curves import curves_of_one
from src.report.effects import DRAWN, effects, importances, keys_of
from src.report.header import head
from src.report.layers import layers_of_one
from src.report.many_curves import curves_of_many
from src.report.page import Page, Section
from src.report.page_data import PageData
from src.report.progress import progress
from src.report.side_by_side import side_by_side
from src.report.together import together
from src.sweep.leaderboard import FLAWS, WARNING

LISTED = 12  # commands


def whole_page(material: PageData) -> str:
    """The page of `material`."""
    page = Page(f"{material.name}: report", head(material))
    if not material.runs:  # of a claim that trains nothing
        page.sections += _made(material, claim, again)
        return page.html()
    page.sections += _made(material, claim, leaderboard, together, sweeps, curves, layers, search, settings)
    page.sections += best_run(material)
    page.sections += _made(material, side_by_side, lost, provenance, again)
    return page.html()


def _made(material: PageData, *makers: Callable[[PageData], Section | None]) -> list[Section]:
    return [section for make in makers if (section := make(material)) is not None]


def leaderboard(material: PageData) -> Section | None:
    """A row for each configuration, if there are runs to compare."""
    if material.board is None or len(material.entries) < 2:
        return None
    rows, better = len(material.board), "smaller" if material.direction == "minimize" else "larger"
    lead = [f"{f'The first {ROWS} of {rows:,}' if rows > ROWS else rows} configuration{'s' * (rows > 1)}."]
    lead.append(f"{escape(material.objective)} on val of the epoch that each run keeps; {better} is better.")
    if (material.board["n"] > 1).any():
        lead.append(
            "Seeds and folds are taken together: mean ± standard deviation, n, 95 % interval of the mean by Student's t."
        )
    if material.board["p"].notna().any():
        lead.append(
            "p: of its gap to the first row over the same seeds, allowing for the first's being the best of all (Tukey)."
        )
    if material.board["selected"].any():
        lead.append(WARNING)
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


def layers(material: PageData) -> Section | None:
    """What went on in the layers of the best run."""
    run = material.best or material.runs[0]
    figures = layers_of_one(material, run)
    return Section("layers", f"Layers of {material.short(run)}", figures) if figures else None


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
