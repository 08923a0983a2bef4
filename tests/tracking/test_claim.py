"""A claim in MLflow."""

from pathlib import Path

import pytest

from src import runs
from src.sync import sync_claims
from src.tracking import note_claim, record_claim, unsent_claims
from src.tracking.reading import Reader
from src.tracking.store import connect

REPORT = {
    "name": "depth",
    "text": "deep is better",
    "expected": "yes",
    "command": "python -m",
    "verdict": "confirmed",
    "quick": False,
    "stated": True,
    "sweeps": ["depth-0"],
    "made_by": {"git_commit": "abc"},
    "findings": [{"prediction": "less loss", "verdict": "confirmed", "estimate": 0.5, "low": 0.1, "high": None}],
}


@pytest.fixture
def folder() -> Path:
    folder = runs.ROOT / "claims" / "depth"
    folder.mkdir(parents=True)
    runs.write_json(folder / runs.RESULTS, REPORT)
    (folder / "depth.png").write_text("")
    return folder


def test_a_claim_is_a_run_with_its_findings_and_figures(uri: str, folder: Path):
    note_claim(folder, None)
    assert unsent_claims() == [folder]
    record_claim(folder)
    assert unsent_claims() == []
    run = Reader(uri).claim("depth")
    assert (run.tags["claim"], run.tags["verdict"], run.tags["sweeps"]) == ("deep is better", "confirmed", "depth-0")
    assert run.tags["prediction/1"] == "less loss: confirmed"
    assert run.metrics == {"finding/1/estimate": 0.5, "finding/1/low": 0.1}
    files = {file.path for file in connect(uri).list_artifacts(run.id)}
    assert files == {"depth.png", "results.json"}


def test_sync_sends_a_claim_where_it_was_to_be_and_elsewhere(uri: str, folder: Path, tmp_path: Path):
    note_claim(folder, None)
    sync_claims()
    sync_claims()
    assert len(Reader(uri).experiment("depth")) == 1
    other = f"sqlite:///{tmp_path}/other.db"
    assert unsent_claims(other) == [folder]
    sync_claims(other)
    assert len(Reader(other).experiment("depth")) == 1
    assert unsent_claims(other) == []
