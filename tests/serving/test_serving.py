"""What `mlflow models serve` answers is what the model gave where it was trained."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pytest
import torch
from torch import Tensor

from src.data.dataset import Dataset
from src.data.preprocessing import stored
from src.data.sources.bundled import breast_cancer, diabetes, digits
from src.data.transforms import Standardize
from src.models.build import build_model
from src.prediction.predictor import Predictor
from src.serving.save import save_model
from tests.doors import environment

READERS = {"binary": breast_cancer, "multiclass": digits, "regression": diabetes}
MLP = {"widths": [8], "activation": "relu", "init": "he_normal", "bias": True, "dropout": 0.5, "norm": None}
SCALED = {
    "src.models.mlp.MLP": MLP,
    "theirs.Scaled": {"scale": 3.0},
}


def dataset_of(task: str) -> Dataset:
    return READERS[task](val_fraction=0.2, test_fraction=0.2, split_seed=0, fold=None, num_folds=5)


def saved(folder: Path, dataset: Dataset, target: str = "src.models.mlp.MLP", threshold: float | None = 0.3):
    """A model with random weights, written as a run writes it, and the logits that it gives on test."""
    model = build_model(target, SCALED[target], dataset.spec, seed=4).eval()
    standardize = Standardize.fit(dataset.train.inputs, "features")
    predictor = Predictor(
        target=target,
        arguments=SCALED[target],
        spec=dataset.spec.state(with_quantiles=False),
        weights=model.state_dict(),
        standardize=standardize.state(),
        preprocessor=stored(dataset.intake),
        task=dataset.task,
        classes=dataset.classes,
        threshold=threshold if dataset.task == "binary" else None,
        target_scale=None,
        data=dataset.name,
    )
    with torch.no_grad():
        return save_model(folder, predictor), model(standardize(dataset.test.inputs))


def expected(dataset: Dataset, logits: Tensor) -> dict[str, Tensor]:
    """The numbers of the answer, by column."""
    if dataset.task == "regression":
        return {"prediction": logits.squeeze(-1)}
    if dataset.task == "binary":
        return {"probability": torch.sigmoid(logits.squeeze(-1))}
    return {f"probability_{name}": column for name, column in zip(dataset.classes, logits.softmax(-1).T, strict=True)}


@pytest.mark.parametrize("task", READERS)
def test_a_loaded_model_answers_as_the_trained_one(tmp_path: Path, task: str):
    dataset = dataset_of(task)
    path, logits = saved(tmp_path, dataset)
    answer = mlflow.pyfunc.load_model(str(path)).predict(dataset.test.inputs.float().numpy())
    for name, values in expected(dataset, logits).items():
        np.testing.assert_allclose(answer[name], values, rtol=1e-5)
    if task == "binary":
        decided = torch.sigmoid(logits.squeeze(-1)) >= 0.3
        assert 0 < int(decided.sum()) < len(decided)
        assert list(answer["label"]) == [dataset.classes[int(side)] for side in decided]
    if task == "multiclass":
        assert list(answer["label"]) == [dataset.classes[int(row)] for row in logits.argmax(-1)]


def test_rows_of_another_size_are_refused(tmp_path: Path):
    path, _ = saved(tmp_path, dataset_of("binary"))
    served = mlflow.pyfunc.load_model(str(path)).unwrap_python_model()
    for wrong in (np.zeros((2, 7)), np.zeros((0, 30))):
        with pytest.raises(ValueError, match="input: each row must hold 30 numbers"):
            served.predict(None, wrong)


def test_a_second_save_replaces_the_first(tmp_path: Path):
    dataset = dataset_of("binary")
    saved(tmp_path, dataset, threshold=0.3)
    path, _ = saved(tmp_path, dataset, threshold=1.0)
    answer = mlflow.pyfunc.load_model(str(path)).predict(dataset.test.inputs.float().numpy())
    assert set(answer["label"]) == {dataset.classes[0]}


THEIRS = """
from torch import nn


class Scaled(nn.Module):
    def __init__(self, num_features, num_outputs, scale):
        super().__init__()
        self.linear, self.scale = nn.Linear(num_features, num_outputs), scale

    def forward(self, inputs):
        return self.linear(inputs) * self.scale
"""


@pytest.mark.slow
def test_mlflow_serves_a_users_own_model_from_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
    (here / "theirs.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(str(here))
    dataset = dataset_of("binary")
    path, logits = saved(tmp_path, dataset, target="theirs.Scaled")
    (here / "theirs.py").unlink()  # the packed copy must do
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "mlflow", "models", "serve", "-m", str(path), "--env-manager", "local", "--port", str(port)]
    alone = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    alone["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{alone['PATH']}"
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command], cwd=elsewhere, env=alone, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until_it_answers(port, tmp_path / "log")
        inputs = dataset.test.inputs.float()
        answer = post(port, {"inputs": inputs.tolist()})
        probabilities = [row["probability"] for row in answer["predictions"]]
        np.testing.assert_allclose(probabilities, torch.sigmoid(logits.squeeze(-1)), rtol=1e-5)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


def until_it_answers(port: int, log: Path) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
                return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)


def post(port: int, content: dict) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", json.dumps(content).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
