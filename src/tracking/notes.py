"""What MLflow's pages say first: names of runs, descriptions of runs, sweeps and experiments, the data that went in."""

import json
import shlex
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from src.config.command_line import CONF
from src.config.schema import NOTE, Run
from src.disk import DamagedError
from src.runs.files import FACTS, HYDRAS, LEADERBOARD, RESULTS, SWEEP, read_json, read_yaml
from src.runs.identity import read_config
from src.statistics.rounding import rounded, short
from src.tracking.views import links, offer_figures

SHOWN = (
    *("auroc", "accuracy", "accuracy_at_threshold", "sensitivity_at_threshold", "specificity_at_threshold"),
    *("average_precision", "rmse", "r2"),
)
ROWS = 10  # of a leaderboard
TABLE = "leaderboard.json"  # as MLflow's own tables are called
LEFT_OUT = ("rank", "difference", "selected", "broken", "pruned", "infeasible", "numbers")


def run_name(run: Run, overrides: Sequence[str], number: int | None) -> str:
    """What sets a run apart: its widths, learning rate, dropout and seed, in a sweep behind its number what was varied."""
    if number is not None:
        pairs = [text.lstrip("+").partition("=")[::2] for text in overrides if not text.startswith("+experiment=")]
        return " ".join((str(number), *(f"{key.rpartition('.')[2]} {value}" for key, value in pairs)))
    widths = run.model.get("widths") or [str(run.model["_target_"]).rpartition(".")[2]]
    dropout = f" dropout {run.model['dropout']:g}" if run.model.get("dropout") else ""
    return f"{'-'.join(map(str, widths))} lr {run.optimizer.lr:g}{dropout} seed {run.seed}"


def describe_run(client: Any, run_id: str, folder: Path) -> None:
    """Its description, unless it has one of the user's own, and its data as an input."""
    found, values = read_json(folder / RESULTS), read_config(folder)
    if NOTE not in (values["tracking"]["tags"] or {}):
        client.set_tag(run_id, NOTE, _of_run(run_id, folder, found))
    if found.get("data"):
        _log_data(client, run_id, found["data"], read_json(folder / FACTS).get("data_digest", ""))


def describe_sweep(client: Any, run_id: str, folder: Path) -> None:
    """Its leaderboard in its description, and whole as a table of MLflow's."""
    if not (folder / LEADERBOARD).is_file():
        return
    import pandas as pd

    board = pd.read_csv(folder / LEADERBOARD, dtype=str, keep_default_na=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of MLflow's way with pandas
        client.log_table(run_id, board, TABLE)
    shown = [name for name in board.columns if name not in LEFT_OUT and board[name].ne("").any()]
    rows = [[short(row[name]) for name in shown] for row in board.head(ROWS).to_dict("records")]
    more = f"\n\nThe first {ROWS} of {len(board)} configurations; all are in `{TABLE}`." if len(board) > ROWS else ""
    picked = (
        "\n\nThe first row was selected: its mean is too good."
        if "selected" in board and board["selected"].eq("True").any()
        else ""
    )
    heads = [_objective(folder) if name == "mean" else name for name in shown]
    client.set_tag(run_id, NOTE, f"{_command(folder)}\n\n{_table(heads, rows)}{more}{picked}")


def _objective(folder: Path) -> str:
    """What a sweep's leaderboard has the means of."""
    figures, best = read_json(folder / SWEEP)["figures"], "best/"
    return next((name.removeprefix(best) for name in figures if name.startswith(best)), "mean")


def describe_experiment(client: Any, experiment_id: str, name: str) -> None:
    """What the file of an experiment says at its head; another that has no description is told to be runs of this project."""
    if NOTE in client.get_experiment(experiment_id).tags:
        return
    file = CONF / "experiment" / f"{name}.yaml"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    said = [line.removeprefix("# ") for line in lines if line.startswith("# ") and "@package" not in line]
    text = "\n\n".join(said) or f"Runs of `python -m src.train` with `tracking.experiment={name}`."
    offer_figures(client, experiment_id)
    client.set_experiment_tag(experiment_id, NOTE, f"{text}\n\n{links(experiment_id)}")


def _of_run(run_id: str, folder: Path, results: Mapping[str, Any]) -> str:
    figures = [
        [name, *(_bounded(results.get(split) or {}, name) for split in ("val", "test"))]
        for name in SHOWN
        if any(name in (results.get(split) or {}) for split in ("val", "test"))
    ]
    told = [_command(folder), _table(["", "val", "test"], figures) if figures else ""]
    if results.get("best_epoch") is not None:
        told.append(
            f"Epoch {results['best_epoch']} kept, {results['stopped_epoch']} trained ({results['stop_reason']})."
        )
    told.append(str((results.get("data") or {}).get("source", "")))
    if (folder / "loss_curve.png").is_file():
        told.append(f"![loss curve](get-artifact?path=loss_curve.png&run_uuid={run_id})")
    return "\n\n".join(filter(None, told))


def _command(folder: Path) -> str:
    """As it was typed, as far as that is known."""
    try:
        if (path := folder / HYDRAS / "overrides.yaml").is_file():
            typed, start = _texts(path), "python -m src.train"
        else:
            typed, start = (
                list(read_yaml(folder / "multirun.yaml")["hydra"]["overrides"]["task"]),
                "python -m src.train -m",
            )
    except (DamagedError, OSError, KeyError, TypeError):
        return ""
    return f"`{' '.join((start, *map(shlex.quote, typed)))}`"


def _texts(path: Path) -> list[str]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [str(text) for text in found or []]


def _log_data(client: Any, run_id: str, data: Mapping[str, Any], digest: str) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    rows = data.get("rows") or {}
    given = Dataset(
        name=str(data["name"])[:500],
        digest=digest[:36] or "unknown",
        source_type="local",
        source=json.dumps({"source": str(data["source"])[:1000]}),
        profile=json.dumps({"num_rows": sum(rows.values()), **rows}),
    )
    client.log_inputs(run_id, [DatasetInput(given, [InputTag("mlflow.data.context", "train, val, test")])])


def _bounded(figures: Mapping[str, float], name: str) -> str:
    if name not in figures:
        return ""
    bounds = [figures.get(f"{name}{end}") for end in ("_low", "_high")]
    between = f" [{rounded(bounds[0])}, {rounded(bounds[1])}]" if None not in bounds else ""  # type: ignore[arg-type]
    return f"{rounded(figures[name])}{between}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
