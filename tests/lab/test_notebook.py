"""What the README and the tour state in Python runs, in a real kernel, and shows what it should."""

import re

import nbformat
import pytest
from nbclient import NotebookClient
from sklearn.datasets import load_iris

from src import lab
from tests.doors import REPOSITORY, with_store

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Executes a notebook in an empty project; gives its outputs, by cell."""
    with_store(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))

    def execute(notebook):
        client = NotebookClient(notebook, timeout=280, resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
        return [cell.get("outputs", []) for cell in notebook.cells]

    return execute


def shown(outputs, kind):
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


def test_the_tour_fits_sweeps_searches_predicts_and_asks(kernel):
    outputs = kernel(nbformat.read(REPOSITORY / "docs" / "tour.ipynb", as_version=4))
    assert len(outputs) == 13
    of_run, plot, sweep, searched = (outputs[place] for place in (2, 4, 6, 10))
    bars = [text for text in shown(of_run, "text/plain") if re.search(r"epoch \d+/20", text)]
    assert len(bars) == 1  # drawn over, not line by line
    assert "\nepoch 20/20" in bars[0]
    assert "data:image/png" in shown(of_run, "text/html")[-1]
    assert shown(plot, "image/png")
    assert shown(searched, "image/png")
    assert "model.widths" in shown(sweep, "text/html")[-1]
    assert not [output for cell in outputs for output in cell if output.get("name") == "stderr"]


def test_the_python_of_the_readme_and_of_the_bridges_runs(kernel):
    places = (REPOSITORY / "README.md", REPOSITORY / "docs" / "bridges.md")
    blocks = [block for place in places for block in BLOCK.findall(place.read_text(encoding="utf-8"))]
    assert len(blocks) >= 4
    kernel(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block) for block in blocks]))


def test_estimators_of_the_bridges_are_there():
    text = (REPOSITORY / "docs" / "bridges.md").read_text(encoding="utf-8")
    calls = re.findall(r"`(lab\.\w+\(.*?\))` \|", text)
    assert len(calls) == 6
    rows, labels = load_iris(return_X_y=True)
    for call in calls:
        estimator = eval(call, {"lab": lab})
        estimator.set_params(**{"cv": 2} if "cv" in estimator.get_params() else {"epochs": 1})
        estimator.fit(rows[:100], labels[:100])
