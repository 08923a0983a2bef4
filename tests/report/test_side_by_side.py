"""Two runs of one data set, compared on the rows of test that both have read."""

import re
from pathlib import Path

import pytest

from src.report.__main__ import report
from src.runs.evaluation import read_predictions
from src.runs.results import Results
from src.statistics.paired import delong, mcnemar
from tests import doors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = doors.with_store(tmp_path_factory.mktemp("pair"))
    for keys in (("model.widths=[8]", "epochs=8"), ("model.widths=[1]", "epochs=2")):
        done = doors.run("-m", "src.train", "data=breast_cancer", "tracking.experiment=pair", *keys, cwd=place)
        assert done.returncode == 0, done.stderr
    return place


def test_the_page_tells_how_far_they_differ_and_whether_that_can_be_chance(folder: Path):
    uri = f"sqlite:///{folder}/mlruns/mlflow.db"
    text = report({"experiment": "pair", "uri": uri, "output": str(folder / "pair.html")}).read_text(encoding="utf-8")
    section = re.search(r'<section id="beside">.*?</section>', text, re.DOTALL)
    assert section
    cells = re.findall(r"<td[^>]*>(.*?)</td>", section[0])
    found = {}
    for run in (folder / "mlruns" / "runs").iterdir():
        results, test = Results.read(run), read_predictions(run)["test"]
        assert results is not None
        right = (test.logits.double().sigmoid() >= results.threshold) == (test.labels == 1)
        found[run.name] = test, right
    other = found.pop(cells[0])
    ((best_test, best_right),) = found.values()
    of_area = delong(best_test.logits, other[0].logits, best_test.labels)
    of_accuracy = mcnemar(best_right, other[1])
    told = [f"{of_area.difference:+.4f}", f"{of_area.p:.3f}", f"{of_accuracy.difference:+.4f}", f"{of_accuracy.p:.3f}"]
    assert [cells[2], cells[3], cells[5], cells[6]] == told
    assert of_area.difference > 0
