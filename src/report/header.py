"""The head of the page: title, main figures, and what one must know before one reads on."""

from collections import Counter
from html import escape

from src.report.page_data import PageData, kept_epoch
from src.report.text import count, figure, interval, runs

WARNINGS = 8
OF_TEST = ("auroc", "accuracy", "rmse")  # the first that a run has is shown


def head(material: PageData) -> str:
    """HTML under the title."""
    notes = [f'<p class="note">{escape(note)}</p>' for note in [*_simulated(material), *material.notes]]
    notes += [f'<p class="note warning"><b>Warning</b> {escape(line)}</p>' for line in _warnings(material)]
    tiles = [
        _verdict(material),
        _objective(material),
        _runs(material),
        _epoch(material),
        _test(material),
        _params(material),
    ]
    facts = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{small}</small></dd></div>"
        for name, value, small in filter(None, tiles)
    )
    sources = list(dict.fromkeys(run.tags["data"] for run in material.runs if "data" in run.tags))
    told = f"<p>{escape('; '.join(sources[:3]))}</p>" if sources else ""
    kind = "search" if material.is_search else material.subject
    title = f'<p class="kind">{kind.capitalize()}</p>\n<h1>{escape(material.name)}</h1>'
    return "\n".join([title, told, *notes, f'<dl class="facts">{facts}</dl>' if facts else ""])


Tile = tuple[str, str, str] | None  # what, how much, and a small line


def _simulated(material: PageData) -> list[str]:
    kinds = Counter(run.tags.get("simulated") for run in material.runs)
    if not kinds["true"]:
        return []
    return [
        "Simulated data." if len(kinds) == 1 else f"{runs(kinds['true'])} of {len(material.runs)} on simulated data."
    ]


def _warnings(material: PageData) -> list[str]:
    """What was found in the data that may mislead, a line each."""
    lines = [line for run in material.runs for line in run.tags.get("data_warnings", "").splitlines()]
    different = list(dict.fromkeys(lines))
    rest = len(different) - WARNINGS
    return [*different[:WARNINGS], *([f"and {rest} more of the kind, of other folds or data."] if rest > 0 else [])]


def _verdict(material: PageData) -> Tile:
    if (claim := material.claim) is None:
        return None
    predictions = sum(key.startswith("prediction/") for key in claim.tags)
    return "verdict", escape(claim.tags["verdict"]), f"{predictions} prediction{'s' * (predictions > 1)}"


def _objective(material: PageData) -> Tile:
    if material.board is None or material.subject == "claim":  # whose conditions are not there to be ranked
        return None
    row = material.board.iloc[0]
    name = f"{'' if material.subject == 'run' else 'best '}{escape(material.objective)}"
    if row["n"] < 2:
        return name, figure(row["mean"]) or "none", "one seed"
    of_how_many = f"the best of {len(material.board)}: too good"
    bounds = of_how_many if row["selected"] else f"95 % {interval(row['low'], row['high'])}"
    return name, figure(row["mean"]), f"± {figure(row['sd'])}, n = {row['n']}; {bounds}"


def _runs(material: PageData) -> Tile:
    if material.board is None or material.subject == "run":
        return None
    rows = len(material.board)
    return "runs", f"{len(material.runs):,}", f"{rows:,} configuration{'s' * (rows > 1)}"


def _epoch(material: PageData) -> Tile:
    run = material.best
    if run is None or "stopped/epoch" not in run.metrics:
        return None
    why = escape(run.tags.get("stop_reason", ""))
    stopped = f"stopped at {count(run.metrics['stopped/epoch'])} ({why})"
    return kept_epoch(run), count(run.metrics.get("best/epoch")) or "none", stopped


def _test(material: PageData) -> Tile:
    metrics = material.best.metrics if material.best else {}
    name = next((name for name in OF_TEST if f"test/{name}" in metrics), None)
    if name is None:
        return None
    bounds = interval(metrics.get(f"test/{name}_low"), metrics.get(f"test/{name}_high"))
    return f"test {name}", figure(metrics[f"test/{name}"]), f"95 % {bounds}" if bounds else ""


def _params(material: PageData) -> Tile:
    metrics = material.best.metrics if material.best else {}
    return ("parameters", count(metrics["num_params"]), "") if "num_params" in metrics else None
