"""What a page is made of: the runs of an experiment, a sweep or a run, those that can be compared, the best of them."""

import ast
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from src.metrics import DIRECTIONS
from src.runs.objective import Objective
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.sweep.leaderboard import NOT_COMPARED, Entry, leaderboard, swept_keys
from src.tracking.reading import Recorded, Records, newest_claim

PREDICTIONS = "predictions.parquet"
ENDED = tuple(reason for reason in StopReason if reason != StopReason.INTERRUPTED)
TRIED = 10  # runs that are asked for their predictions


@dataclass(frozen=True)
class PageData:
    """All that the page tells. `entries` are the runs that are compared; their numbers are places in `runs`."""

    subject: str  # experiment, sweep (one, or a search), claim or run
    name: str  # of a run its label, of a sweep its folder's name
    reader: Records
    runs: Sequence[Recorded]  # without the parents of sweeps
    parents: Sequence[Recorded]
    claim: Recorded | None  # the claim of this name, as it is recorded
    objective: str
    entries: Sequence[Entry]
    board: pd.DataFrame | None  # the leaderboard; None if nothing can be compared
    best: Recorded | None
    files: frozenset[str]  # of the best run
    notes: Sequence[str]  # what is left out, and why

    @property
    def direction(self) -> str:
        """`minimize` or `maximize`."""
        return DIRECTIONS[self.objective]

    @property
    def keys(self) -> list[str]:
        """The keys in which the compared runs differ."""
        return swept_keys(self.entries)

    @property
    def is_search(self) -> bool:
        """Whether the page tells of one search."""
        return self.subject == "sweep" and "study" in self.parents[0].tags

    def short(self, run: Recorded) -> str:
        """How a run is called where the subject is known: in one sweep by its number."""
        return f"run {run.label.rpartition('/')[2]}" if self.subject == "sweep" else run.label

    def values_of(self, run: Recorded) -> Mapping[str, str]:
        """The settings of a run, as the leaderboard writes them."""
        return {key: written(value_of(text)) for key, text in run.params.items()}

    def of_row(self, place: int) -> list[Entry]:
        """The runs that stand in a row of the leaderboard, the best first."""
        assert self.board is not None
        numbers = {int(number) for number in self.board["numbers"].iloc[place].split()}
        return best_first([entry for entry in self.entries if entry.number in numbers], self.objective)


def read_page_data(subject: str, name: str, reader: Records) -> PageData:
    """Read what belongs to `name`; ValueError if it is not there or holds no run."""
    subject, parents, claim, found = _read(subject, name, reader)
    runs = [run for run in found if "folder" in run.tags]
    if not runs and claim is None:
        raise ValueError(f"{subject}: must hold at least one run, but got none in {name!r}.")
    if named := {"run": runs, "sweep": parents}.get(subject):  # which may be given by its path
        name = named[0].label
    notes: list[str] = []
    if len({run.tags.get("data") for run in runs}) > 1:
        notes.append("The runs are on different data: their figures are not on one scale.")
    objective = _objective(runs, notes) if runs else "val/loss"
    entries = _entries(runs, objective, _infeasible(parents), notes)
    board = leaderboard(entries, objective) if entries else None
    material = PageData(
        subject, name, reader, runs, parents, claim, objective, entries, board, None, frozenset(), notes
    )
    best, files = _best(material)
    return PageData(**{**vars(material), "best": best, "files": files})


def kept_epoch(run: Recorded) -> str:
    """What the epoch is to a run whose weights it keeps: the best, unless the last was asked for."""
    return "last epoch" if run.params.get("keep") == "last" else "best epoch"


def value_of(text: str) -> Any:
    """A parameter as the configuration has it: MLflow keeps it as Python prints it."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, (int, float, list, dict)) or value is None else text


def written(value: Any) -> str:
    """A setting as the configuration has it."""
    return value if isinstance(value, str) else json.dumps(value)


def best_first(entries: Sequence[Entry], objective: str) -> list[Entry]:
    """`entries` by their value, what has none at the end; before them what is infeasible, and what a search pruned."""
    judged = Objective.of(objective)

    def place(entry: Entry) -> tuple[bool, bool, bool, float]:
        return math.isnan(entry.value), not entry.feasible, entry.is_pruned, judged.ascending(entry.value)

    return sorted(entries, key=place)


Read = tuple[str, Sequence[Recorded], Recorded | None, Sequence[Recorded]]  # subject, parents, claim, runs


def _read(subject: str, name: str, reader: Records) -> Read:
    if subject == "run":
        return subject, [], None, [reader.run(name)]
    if subject == "experiment":
        found = reader.experiment(name)
        runs = [run for run in found if not run.is_sweep]
        return subject, [run for run in found if run.is_sweep], newest_claim(found), _in_order(runs)
    if subject == "claim":
        claim = reader.claim(name)
        sweeps = [reader.sweep(sweep) for sweep in claim.tags["sweeps"].split()]
        children = [child for _, of_sweep in sweeps for child in of_sweep]
        return subject, [parent for parent, _ in sweeps], claim, _in_order(children)
    parent, children = reader.sweep(name)
    return subject, [parent], None, _in_order(children)


def _in_order(runs: Sequence[Recorded]) -> list[Recorded]:
    """Oldest first, the members of a sweep by their number."""

    def place(run: Recorded) -> tuple[int, str, int]:
        sweep, _, number = run.label.rpartition("/")
        return (run.started, "", 0) if not number.isdigit() else (0, sweep, int(number))

    return sorted(runs, key=place)


def _objective(runs: Sequence[Recorded], notes: list[str]) -> str:
    """The objective of most runs, of several the first."""
    named = Counter(first_objective(run.params) for run in runs)
    (objective, count), *_ = named.most_common()
    if others := len(runs) - count:
        notes.append(f"{_runs(others)} with another objective than {objective}: not compared with the others.")
    if objective not in DIRECTIONS:
        raise ValueError(f"objective: must be one of {', '.join(DIRECTIONS)}, but got {objective!r}.")
    return objective


def first_objective(params: Mapping[str, str]) -> str:
    """The objective that a run is chosen by."""
    value = value_of(params.get("objective", "val/loss"))
    return str(value[0] if isinstance(value, list) else value)


def _infeasible(parents: Sequence[Recorded]) -> frozenset[str]:
    """The labels of runs that are against the constraints of their search."""
    tagged = [(parent.tags.get("sweep", ""), parent.tags.get("infeasible", "")) for parent in parents]
    return frozenset(f"{sweep}/{number}" for sweep, numbers in tagged for number in numbers.split())


def _entries(runs: Sequence[Recorded], objective: str, infeasible: frozenset[str], notes: list[str]) -> list[Entry]:
    """The runs that ended in good order, each configuration, seed and fold once: a repeated one has the same bits."""
    ended: list[Entry] = []
    for number, run in enumerate(runs):
        if run.tags.get("stop_reason") in ENDED and first_objective(run.params) == objective:
            ended.append(_entry(number, run, objective, run.label not in infeasible))
    if open_ := sum(run.tags.get("stop_reason") not in ENDED for run in runs):
        notes.append(f"{_runs(open_)} of {len(runs)} still running or broken off: no result yet.")
    kept: dict[Any, Entry] = {}
    for entry in sorted(ended, key=lambda entry: _worth(entry, runs[entry.number])):
        same = {key: str(value) for key, value in entry.values.items() if not key.startswith(NOT_COMPARED)}
        kept[entry.draw, tuple(sorted(same.items()))] = entry
    if again := len(ended) - len(kept):
        notes.append(f"{_runs(again)} with the configuration and the seed of another: not counted twice.")
    return sorted(kept.values(), key=lambda entry: entry.number)


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _worth(entry: Entry, run: Recorded) -> tuple[bool, bool, int]:
    """Of runs that repeat each other the one that came furthest counts, and of these the newest."""
    return entry.results.stop_reason != StopReason.FAILED, not entry.is_pruned, run.started


def _entry(number: int, run: Recorded, objective: str, feasible: bool) -> Entry:
    """As the leaderboard takes it. Whether a run reads the test split does not make it another configuration."""
    values = {key: value_of(text) for key, text in run.params.items() if key != "test"}
    reason, best_epoch = StopReason(run.tags["stop_reason"]), run.metrics.get("best/epoch")
    results = Results(
        run=run.label,
        status=reason.status,
        stop_reason=reason,
        seed=int(run.params.get("seed", 0)),
        best_epoch=None if best_epoch is None else int(best_epoch),
        objective={"name": objective, "value": run.metrics.get(f"best/{objective}")},
    )
    return Entry(number, {"seed": None, **values}, results, feasible)


def _best(material: PageData) -> tuple[Recorded | None, frozenset[str]]:
    """The best run of the leaderboard's first row, of those with predictions if one has them; and its files."""
    if material.board is None:
        if material.subject != "run":
            return None, frozenset()
        return material.runs[0], frozenset(material.reader.files(material.runs[0]))
    of_row = [material.runs[entry.number] for entry in material.of_row(0) if not math.isnan(entry.value)]
    if not of_row:
        return None, frozenset()
    found = [(run, frozenset(material.reader.files(run))) for run in of_row[:TRIED]]
    return next((one for one in found if PREDICTIONS in one[1]), found[0])
