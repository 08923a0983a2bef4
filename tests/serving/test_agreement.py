"""What a model said in training, what `src.predict` says, what MLflow loads and what ONNX Runtime gives are one."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from PIL import Image

from src.config.loading import load
from src.data.dataset import Dataset
from src.data.reading import read_dataset
from src.export import export, parse
from src.predict import predict
from src.prediction.predictor import FILE, Predictor
from src.runs.evaluation import read_predictions
from src.runs.identity import read_config
from tests import doors
from tests.data.images.pictures import dicom, save
from tests.serving.conftest import KINDS, customers

Trained = Callable[[str], Path]


def data_of(run: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.chdir(run.parents[2])
    return read_dataset(load(read_config(run)).data)


def in_training(run: Path, dataset: Dataset) -> np.ndarray:
    """Of each test row the probability of class 1, or of each class, or the prediction in units."""
    logits = read_predictions(run)["test"].logits.double().numpy()
    if dataset.task == "regression":
        return logits
    if dataset.task == "binary":
        return 1 / (1 + np.exp(-logits))
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def numbers(frame: pd.DataFrame) -> np.ndarray:
    """What a frame of predictions has, less names and labels."""
    return np.squeeze(frame.filter(regex="^(probability|prediction)").to_numpy())


def raw_test_rows(run: Path, dataset: Dataset) -> pd.DataFrame | np.ndarray:
    """As they stood where the data came from."""
    if dataset.is_image:
        return dataset.test.inputs.numpy()
    return pd.read_csv(run.parents[2] / "customers.csv").iloc[[int(name) - 1 for name in dataset.test.names]]


@pytest.mark.parametrize("kind", KINDS)
def test_training_prediction_serving_and_onnx_agree(
    kind: str, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = trained(kind)
    dataset = data_of(run, monkeypatch)
    wanted, raw = in_training(run, dataset), raw_test_rows(run, dataset)
    assert (Predictor.of_run(run).temperature not in (None, 1.0)) == ("calibrate=temperature" in KINDS[kind])
    close = {"rtol": 1e-5, "atol": 0 if dataset.task == "regression" else 1e-5}

    given, predicted = tmp_path / ("raw.npy" if dataset.is_image else "raw.csv"), tmp_path / "predicted.csv"
    np.save(given, raw) if dataset.is_image else raw.to_csv(given, index=False)
    predict({"run": str(run), "input": str(given), "output": str(predicted)})
    np.testing.assert_allclose(numbers(pd.read_csv(predicted)), wanted, **close)

    served = mlflow.pyfunc.load_model(str(run / "model"))
    answer = served.predict(raw)
    np.testing.assert_allclose(numbers(answer), wanted, **close)
    assert list(answer.columns) == served.metadata.get_output_schema().input_names()

    export({"run": str(run), "output": str(tmp_path / "model.onnx")})
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    for rows in (1, len(dataset.test)):
        (given_back,) = session.run(None, {"inputs": dataset.test.inputs[:rows].float().numpy()})
        np.testing.assert_allclose(given_back, wanted[:rows], **close)
    known = {one.key: json.loads(one.value) for one in onnx.load(tmp_path / "model.onnx").metadata_props}
    assert known["classes"] == list(dataset.classes)
    assert known["preprocessing"]["kind"] == ("arrays" if dataset.is_image else "table")
    if not dataset.is_image:
        assert len(known["features"]) == dataset.input_shape[0]


def test_onnx_of_a_run_that_averages_views_is_its_model_of_one_view(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    alone = replace(Predictor.of_run(trained("images")), threshold=0.3)
    views = {"num": 3, "seed": 0, "augment": {"shift": 0.2}}
    replace(alone, views=views).save(tmp_path / FILE)
    export({"run": str(tmp_path), "output": str(tmp_path / "model.onnx")})
    assert "warning: it makes one view of each image" in capsys.readouterr().out
    inputs = torch.randint(256, (5, 1, 8, 8)).float()
    (given,) = onnxruntime.InferenceSession(str(tmp_path / "model.onnx")).run(None, {"inputs": inputs.numpy()})
    np.testing.assert_allclose(given, alone.logits(inputs).softmax(-1), atol=1e-5)
    assert "threshold" not in {one.key for one in onnx.load(tmp_path / "model.onnx").metadata_props}


def test_every_form_of_rows_gives_the_same_numbers(trained: Trained, monkeypatch: pytest.MonkeyPatch):
    run = trained("binary")
    raw = raw_test_rows(run, data_of(run, monkeypatch)).drop(columns=["income", "plan", "churn"]).head(20)
    served = mlflow.pyfunc.load_model(str(run / "model"))
    wanted = numbers(served.predict(raw))
    records = raw.astype(object).where(raw.notna(), None).to_dict("records")
    forms = [
        raw.iloc[:, ::-1],
        raw.astype({"visits": "int8"}),
        raw.astype({"visits": "float64"}),
        raw.astype(str).replace("nan", ""),
        raw.astype(object),
        raw.to_numpy(),
        raw.to_numpy().tolist(),
        records,
        raw.to_dict("list"),
    ]
    for form in forms:
        np.testing.assert_allclose(numbers(served.predict(form)), wanted, rtol=1e-5)


def test_every_form_of_images_gives_the_same_numbers(trained: Trained, monkeypatch: pytest.MonkeyPatch):
    run = trained("images")
    images = raw_test_rows(run, data_of(run, monkeypatch))[:5]
    served = mlflow.pyfunc.load_model(str(run / "model"))
    wanted = numbers(served.predict(images))
    flat = images.reshape(5, -1)
    forms = [images[:, 0], flat, pd.DataFrame(flat), images.tolist(), flat.tolist()]
    forms += [images.astype(name) for name in ("int64", "float32", "float64")]
    for form in forms:
        np.testing.assert_allclose(numbers(served.predict(form)), wanted, rtol=1e-5)


def test_files_of_images_agree_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of a folder of PNG and DICOM files the same from predict, and from a server that is sent a file's content, or pixels."""
    window = {"WindowCenter": 30000, "WindowWidth": 50000, "PhotometricInterpretation": "MONOCHROME1"}
    for number in range(60):
        pixels = np.random.default_rng(number).random((20, 24)) * 120 + 100 * (number % 2)
        place = tmp_path / "scans" / ("ill" if number % 2 else "well") / str(number)
        if number % 4 < 2:
            save(place.with_suffix(".png"), pixels.astype(np.uint8))
        else:
            place.with_suffix(".dcm").write_bytes(dicom((pixels * 256).astype(np.uint16), **window))
    settings = (
        "data=images",
        "data.root=scans",
        "data.size=16",
        "model.widths=[8]",
        "epochs=2",
        "tracking.enabled=false",
    )
    ended = doors.run("-m", "src.train", *settings, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    (run,) = (tmp_path / "mlruns" / "runs").glob("*")
    dataset = data_of(run, monkeypatch)
    wanted = dict(zip(dataset.test.names, in_training(run, dataset), strict=True))

    predict({"run": str(run), "input": "scans", "output": "predicted.csv"})
    found = pd.read_csv("predicted.csv").set_index("row")["probability"]
    np.testing.assert_allclose(found[list(wanted)], list(wanted.values()), rtol=1e-5)

    served = mlflow.pyfunc.load_model(str(run / "model"))
    sent = [base64.b64encode((tmp_path / "scans" / name).read_bytes()).decode() for name in wanted]
    for form in (sent, pd.DataFrame({"image": sent})):
        np.testing.assert_allclose(numbers(served.predict(form)), list(wanted.values()), rtol=1e-5)
    drawn = {name: number for name, number in wanted.items() if name.endswith(".png")}
    assert 0 < len(drawn) < len(wanted)
    pixels = np.stack([np.asarray(Image.open(tmp_path / "scans" / name)) for name in drawn])
    np.testing.assert_allclose(numbers(served.predict(pixels)), list(drawn.values()), rtol=1e-5)
    with pytest.raises(MlflowException, match="row 1"):
        served.predict([str(tmp_path / "scans" / next(iter(wanted)))])  # no file of the server's own


@pytest.mark.parametrize("kind", KINDS)
def test_the_folder_knows_no_place_names_its_inputs_and_shows_an_example(kind: str, trained: Trained):
    model = trained(kind) / "model"
    assert not re.search(r"(?:/tmp|/home|/root|file:)", (model / "MLmodel").read_text())
    assert str(model.parents[3]) not in "".join(path.read_text() for path in model.glob("*.*"))
    served = mlflow.pyfunc.load_model(str(model))
    assert len(served.predict(served.input_example)) == 1
    if kind == "binary":
        assert list(served.metadata.metadata["inputs"]) == ["age", "job", "owner", "since", "visits"]
        example = served.input_example.iloc[0]
        alike = customers()[list(served.input_example.columns)]
        assert not (alike.astype(str) == example.astype(str)).all(axis=1).any()  # made up: nobody's row


def test_what_a_model_needs_is_what_it_says(trained: Trained):
    for kind, parts in (("images", False), ("binary", True)):
        model = trained(kind) / "model"
        (package,) = (model / "code").iterdir()
        assert re.fullmatch(r"perceptron_lab_[0-9a-f]{8}", package.name)
        assert (package / "data" / "tables" / "columns" / "numeric.py").is_file() == parts
        assert not {"engines", "tracking", "config", "runs"} & {path.name for path in package.iterdir()}
        needed = {line.partition("==")[0] for line in (model / "requirements.txt").read_text().split()}
        assert needed == {"mlflow", "numpy", "pandas", "psutil", "pydantic", "torch"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["run=a"], "must name run=... and output=..."),
        (["run=a", "input=b"], "must be run=... or output=..., each once"),
    ],
)
def test_a_mistyped_export_is_refused(arguments: list[str], error: str):
    with pytest.raises(ValueError, match=error):
        parse(arguments)


def test_an_export_that_gives_other_numbers_is_not_written(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("src.serving.export.TOLERANCE", 0.0)
    with pytest.raises(ValueError, match="ONNX Runtime must give the model's numbers"):
        export({"run": str(trained("images")), "output": str(tmp_path / "model.onnx")})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match=r"output: must be a file named .onnx, but got"):
        export({"run": str(trained("images")), "output": str(tmp_path / "model.pb")})
