"""The table at the end of a run."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from src.config.composition import compose_run
from src.runs.results import Results
from src.runs.stop_reason import StopReason
from src.runs.summary import summary

RESULTS = Results(
    run="r",
    status=StopReason.EPOCHS.status,
    stop_reason=StopReason.EPOCHS,
    seed=0,
    best_epoch=1,
    stopped_epoch=1,
    objective={"name": "val/loss", "value": 0.5},
    test={"accuracy": 0.75, "accuracy_low": 0.5, "accuracy_high": 0.9},
    threshold=0.4,
    num_params=3,
    data={"source": "rows", "rows": {"val": 78}},
    timing={"epoch_seconds": 1.0},
)


def told(results: Results, task: str, folder: Path, *overrides: str) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary(results, compose_run(*overrides), task, folder))
    return capture.get()


@pytest.mark.parametrize(("rows", "warns"), [(78, True), (500, False)])
def test_a_threshold_from_few_rows_says_so(tmp_path: Path, rows: int, warns: bool):
    text = told(replace(RESULTS, data={"source": "rows", "rows": {"val": rows}}), "binary", tmp_path)
    assert (f"whose {rows} rows are few" in text) == warns
    assert "0.7500   95 % [0.500, 0.900]" in text


def test_a_threshold_that_was_given_was_chosen_on_no_rows(tmp_path: Path):
    text = told(RESULTS, "binary", tmp_path, "threshold=0.4")
    assert "0.400, given " in text
    assert not {"chosen", "few"} & set(text.split())


def test_of_a_run_that_keeps_its_last_epoch_it_says_so(tmp_path: Path):
    assert "best 1, stopped 1 (epochs)" in told(RESULTS, "binary", tmp_path)
    text = told(RESULTS, "binary", tmp_path, "keep=last", "patience=null")
    assert "kept the last, 1, stopped 1 (epochs)" in text


def test_a_temperature_is_told_with_the_calibration_error_before_it(tmp_path: Path):
    figures = {"accuracy": 0.75, "calibration_error": 0.03, "calibration_error_uncalibrated": 0.07}
    text = told(replace(RESULTS, test=figures, temperature=1.75), "binary", tmp_path)
    assert "1.750, fitted on val" in text
    assert "0.0300   before 0.0700" in text


def test_the_calibration_error_stands_beside_what_chance_makes_of_it(tmp_path: Path):
    figures = {"accuracy": 0.75, "calibration_error": 0.109, "calibration_error_by_chance": 0.112}
    text = told(replace(RESULTS, test=figures), "multiclass", tmp_path)
    assert "0.1090   by chance alone 0.1120" in text
