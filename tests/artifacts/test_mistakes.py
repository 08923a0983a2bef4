"""The worst rows against the frame that they came from."""

from dataclasses import replace

import numpy as np

from src.artifacts.mistakes import mistakes_table
from src.runs.evaluation import predictions_frame, read_predictions
from tests.artifacts.conftest import Table


def test_the_worst_are_wrong_and_lead_back_to_the_source(binary: Table):
    found = mistakes_table(binary.told)
    assert found is not None
    source = binary.frame.iloc[found["name"].astype(int) - 1]
    assert list(found["true"]) == list(source["y"])
    assert list(found["slice_site"]) == list(source["site"])
    assert (found["true"] != found["predicted"]).all()
    assert found["probability"].is_monotonic_increasing
    of_one = binary.predictor.predict(source)[1].sigmoid().numpy()
    np.testing.assert_allclose(found["probability"], np.where(found["true"] == "True", of_one, 1 - of_one))
    decided = np.where(binary.predictor.predict(binary.rows)[1].sigmoid() >= 0.35, "True", "False")
    assert len(found) == min(50, (decided != binary.rows["y"]).sum())
    assert set(found) == {"row", "name", "true", "predicted", "probability", "slice_site", "slice_age"}, (
        "and no raw values"
    )


def test_of_a_regression_the_largest_errors(regression: Table):
    found = mistakes_table(regression.told)
    errors = np.abs(regression.predictor.predict(regression.rows)[1].numpy() - regression.rows["y"].to_numpy())
    np.testing.assert_allclose(found["error"].abs(), np.sort(errors)[::-1][:50], rtol=1e-5)
    np.testing.assert_allclose(found["predicted"] - found["true"], found["error"], rtol=1e-5, atol=1e-6)


def test_nothing_wrong_is_no_table(binary: Table):
    told = binary.told
    perfect = 100.0 * (2.0 * told.found.labels - 1.0)
    assert mistakes_table(replace(told, found=replace(told.found, logits=perfect))) is None


def test_predictions_name_their_rows_and_groups(table: Table, tmp_path):
    told = table.told
    frame = predictions_frame({"test": told.found}, table.dataset)
    assert list(frame["row"]) == list(range(len(table.rows)))
    source = table.frame.iloc[frame["name"].astype(int) - 1]
    assert list(frame["slice_site"]) == list(source["site"])
    frame.to_parquet(tmp_path / "predictions.parquet")
    back = read_predictions(tmp_path)["test"]
    assert back.logits.equal(told.found.logits)
    assert back.labels.equal(told.found.labels)
