"""A page of the folders is the page of MLflow."""

import pandas as pd
import pytest

from src.report.page_data import PageData, read_page_data
from src.report.sections import whole_page
from src.tracking.folders import FolderReader
from src.tracking.reading import Reader
from tests.report.conftest import Store

SUBJECTS = [
    ("experiment", "folds"),
    ("experiment", "table"),
    ("experiment", "regression"),
    ("experiment", "sick or <b>healthy</b>"),
    ("claim", "loss_landscape"),
    ("claim", "backpropagation"),
    ("sweep", None),
]


@pytest.fixture
def readers(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(store.folder)
    return FolderReader(), Reader(store.uri)


@pytest.mark.parametrize(("subject", "name"), SUBJECTS)
def test_the_folders_tell_what_mlflow_tells(readers, store: Store, subject: str, name: str | None):
    ours, theirs = (read_page_data(subject, name or store.sweep.name, reader) for reader in readers)
    assert [run.label for run in ours.runs] == [run.label for run in theirs.runs]
    for one, other in zip(ours.runs, theirs.runs, strict=True):
        assert (one.name, one.status, one.experiment, one.params) == (
            other.name,
            other.status,
            other.experiment,
            other.params,
        )
        assert one.metrics == pytest.approx(other.metrics)
        assert one.tags == {key: value for key, value in other.tags.items() if key in one.tags}
        assert all(key == "folder_id" or key.startswith("mlflow.") for key in other.tags.keys() - one.tags.keys())
    for one, other in zip(ours.parents, theirs.parents, strict=True):
        assert (one.label, one.tags["sweep_id"]) == (other.label, other.tags["sweep_id"])
        assert one.metrics == pytest.approx({key: other.metrics[key] for key in one.metrics})
    if ours.board is not None:
        pd.testing.assert_frame_equal(ours.board, theirs.board)
    assert curves(ours) == curves(theirs)
    assert len(whole_page(ours)) == pytest.approx(len(whole_page(theirs)), rel=0.02)


def curves(material: PageData) -> dict[str, list[float]]:
    """Of val, by the run."""
    found = material.reader.curves([run.id for run in material.runs], "val/loss").groupby("run")["value"]
    of_each = {str(run_id): values.dropna().to_list() for run_id, values in found}
    return {run.label: of_each.get(run.id, []) for run in material.runs}
