"""The page's other tables: sweeps, figures with bounds, lost runs, what ran where, every key."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from src.report.frames import frame_of
from src.report.page_data import ENDED, PageData
from src.report.predictions import Predictions
from src.report.text import breakable, count, figure, interval, setting, table, when
from src.runs.stop_reason import StopReason
from src.tracking.reading import Recorded

ROWS = 50
NAMED = 6  # different values that are named one by one
WHERE = {
    "data": "data",
    "simulated": "simulated",
    "seed": "seed",
    "git_commit": "commit",
    "git_dirty": "files changed since the commit",
    "device": "device",
    "host": "machine",
    "num_threads": "threads",
}
VERSIONS = ("python", "torch", "pytorch-lightning", "hydra-core", "mlflow", "numpy", "pandas", "scikit-learn")
CLASSES = "classes.csv"
CLASS_FIGURES = {"recall": "recall (sensitivity)", "f1": "F1", "auroc": "AUROC against the others"}
NO_RESULT = (StopReason.FAILED, StopReason.DIVERGED)


def sweeps(material: PageData) -> str:
    """The sweeps and searches of an experiment, and how many runs it has beside them."""
    rows = []
    for parent in material.parents:
        of_it = [parent.metrics.get(key) for key in ("sweep/runs", "sweep/broken", f"best/{material.objective}")]
        kind = "search" if "study" in parent.tags else "of a claim" if "lab" in parent.tags else "sweep"
        cells = [count(of_it[0]), count(of_it[1]), figure(of_it[2]), when(parent.started), parent.status.lower()]
        rows.append([escape(parent.label), kind, *cells])
    alone = [run for run in material.runs if "/" not in run.label]
    if alone:
        failed = sum(run.tags.get("stop_reason") == StopReason.FAILED for run in alone)
        rows.append(["single runs", "", str(len(alone)), str(failed), "", when(min(run.started for run in alone)), ""])
    head = ["name", "kind", "runs", "broken", f"best {escape(material.objective)}", "begun (UTC)", "status"]
    return table(head, rows, numbers=(2, 3, 4))


def figures(found: Predictions) -> str:
    """The best run's figures with their bounds."""
    named = found.figures.to_dict("index")
    rows = []
    for name, row in named.items():
        by_chance = named.get(f"{name}_by_chance")
        beside = f"{figure(by_chance['value'])} by chance alone" if by_chance else interval(row["low"], row["high"])
        if not str(name).endswith("_by_chance"):
            rows.append([escape(str(name).replace("_", " ")), figure(row["value"]), beside])
    of_groups = f" in {len(set(found.groups)):,} groups" if found.groups else ""
    head = [f"{found.split}, n = {len(found.labels):,}{of_groups}", "value", "95 % interval"]
    return f'<div class="narrow">{table(head, rows, numbers=(1, 2))}</div>'


def classes(material: PageData) -> list[str]:
    """Each class of the best run with its figures; nothing if there are none."""
    found = frame_of(material, CLASSES, texts=("class",))
    if found is None:
        return []
    names = [str(name) for name in found if name not in ("class", "n")]
    rows = [
        [escape(row["class"]), count(row["n"]), *(figure(row[name]) for name in names)]
        for row in found.to_dict("records")
    ]
    head = ["class", "n", *(CLASS_FIGURES.get(name, name) for name in names)]
    told = f"<h3>Each class</h3>{table(head, rows, numbers=range(1, len(head)))}"
    return [f'<div class="narrow">{told}</div>']


def lost(material: PageData) -> str:
    """The runs without a result; empty if there are none."""
    found = [run for run in material.runs if run.tags.get("stop_reason") not in ENDED or _is_broken(run)]
    rows = []
    for run in found[:ROWS]:
        cells = (run.label, run.tags.get("stop_reason", run.status.lower()), run.name)
        rows.append([escape(cell) for cell in cells])
    more = f"<p>{len(found) - ROWS} more are not listed.</p>" if len(found) > ROWS else ""
    return table(["run", "why", "name"], rows) + more if found else ""


def where(material: PageData) -> str:
    """What was run, on what data, by which versions, on which machine: the values that the runs have, with their count."""
    runs = material.runs
    rows = [(told, _values(tag, (run.tags.get(tag) for run in runs))) for tag, told in WHERE.items()]
    versions = [(name, _values(name, (run.tags.get(name) for run in runs))) for name in VERSIONS]
    rows.append(("versions", "; ".join(f"{name} {found}" for name, found in versions if found)))
    ends = [when(run.ended) for run in runs if run.ended]
    rows.append(
        ("begun, ended (UTC)", ", ".join([when(min(run.started for run in runs)), *([max(ends)] if ends else [])]))
    )
    rows.append(("read from", escape(f"{material.reader.shown}, experiment {runs[0].experiment}")))
    if material.best is not None:
        rows.append(("the best run", f"<code>{escape(material.best.label)}</code>"))
    return f'<div class="where">{table([], [[name, value] for name, value in rows if value])}</div>'


def params(run: Recorded) -> str:
    """Every key of a run."""
    return table([], [[breakable(key), setting(value)] for key, value in sorted(run.params.items())])


def _values(tag: str, values: Iterable[str | None]) -> str:
    """The different values, the most frequent first; how often each occurs, if there are several and that tells something."""
    counts = Counter(value for value in values if value)
    if tag == "seed" and len(counts) > NAMED:
        numbers = sorted(int(value) for value in counts if value.isdigit())
        return f"{len(counts)} different, {numbers[0]} to {numbers[-1]}" if numbers else f"{len(counts)} different"
    tells = len(counts) > 1 and tag != "seed"
    told = [escape(value) + f" ({number} runs)" * tells for value, number in counts.most_common(NAMED)]
    more = [f"and {len(counts) - NAMED} more"] if len(counts) > NAMED else []
    return ", ".join([*told, *more])


def _is_broken(run: Recorded) -> bool:
    return run.tags.get("stop_reason") in NO_RESULT
