"""What `mlflow models serve` and `mlflow models predict` answer in another place is what the model gave where it was trained."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException

from src.data.transforms import Standardize
from src.prediction.predictor import Predictor
from src.serving.save import save_model
from src.serving.served import Served
from tests.doors import environment

# As the README has it; the server's port is not always free.
REQUEST = """
curl -s localhost:5000/invocations -H 'Content-Type: application/json' -d '{"dataframe_records":
  [{"age": 61, "job": "smith", "owner": "yes", "since": "2024-03-01", "visits": null}]}'
"""


def loaded(run: Path) -> Any:
    return mlflow.pyfunc.load_model(str(run / "model"))


def test_what_cannot_be_read_is_told_by_row(trained: Callable[[str], Path]):
    images, table = loaded(trained("images")), loaded(trained("binary"))
    row = table.input_example.iloc[0].to_dict()
    for model, wrong, told in (
        (images, np.zeros((2, 7)), "input: each row must hold 64 numbers"),
        (images, np.zeros((0, 64)), "input: each row must hold 64 numbers"),
        (images, [[0.0] * 64, [float("nan")] * 64], "input: row 2: has a number that is not finite"),
        (table, [row, {**row, "age": "old"}], "input: row 2: column 'age' must be a number, but got 'old'"),
        (table, pd.DataFrame([row]).drop(columns="job"), "input: must have the columns job"),
    ):
        with pytest.raises(MlflowException, match=told):
            model.predict(wrong)


@pytest.mark.parametrize("views", [None, {"num": 2, "seed": 0, "augment": {"shift": 0.2}}])
def test_where_no_row_can_be_read_the_first_is_told(trained: Callable[[str], Path], views: dict[str, Any] | None):
    model = Served(replace(Predictor.of_run(trained("images")), views=views))
    with pytest.raises(MlflowException, match="input: row 1: has a number that is not finite"):
        model.predict([[float("nan")] * 64])


def test_of_no_rows_it_predicts_none(trained: Callable[[str], Path]):
    model = loaded(trained("binary"))
    assert list(model.predict(model.input_example.iloc[:0]).columns) == ["probability", "label"]


def test_a_second_save_replaces_the_first(trained: Callable[[str], Path], tmp_path: Path):
    predictor = Predictor.of_run(trained("binary"))
    rows = loaded(trained("binary")).input_example
    for threshold, label in ((1.0, "left"), (0.0, "stayed")):
        path = save_model(tmp_path, replace(predictor, threshold=threshold))
        assert list(mlflow.pyfunc.load_model(str(path)).predict(rows)["label"]) == [label]


THEIRS = """
from torch import nn

from src.models.activations import activation


class Scaled(nn.Module):
    def __init__(self, num_features, num_outputs, scale):
        super().__init__()
        self.linear, self.scale, self.g = nn.Linear(num_features, num_outputs), scale, activation("tanh")

    def forward(self, inputs):
        return self.g(self.linear(inputs.flatten(1))) * self.scale
"""
ELSEWHERE = """
import json, sys
import mlflow.pyfunc
import src.data  # of this folder

models = [mlflow.pyfunc.load_model(path) for path in sys.argv[1:]]
answers = [model.predict(model.input_example).select_dtypes("number").values.tolist() for model in models]
assert src.data.MINE
print(json.dumps([answers, sorted({name.split(".")[0] for name in sys.modules if name.startswith("perceptron_lab")})]))
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A project of somebody's that has a package `src` too."""
    folder = tmp_path / "elsewhere"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "__init__.py").touch()
    (folder / "src" / "data.py").write_text("MINE = True\n")
    return folder


def alone() -> dict[str, str]:
    """The environment of a process that does not find this checkout."""
    kept = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def test_models_load_where_another_src_is_and_beside_each_other(
    trained: Callable[[str], Path], tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "theirs.py").write_text(THEIRS)
    monkeypatch.syspath_prepend(str(tmp_path))
    known = Predictor.of_run(trained("images"))
    weights = {"linear.weight": torch.rand(10, 64) / 64, "linear.bias": torch.rand(10)}
    theirs = replace(known, target="theirs.Scaled", arguments={"scale": 3.0}, weights=weights)
    path = save_model(tmp_path / "saved", theirs)
    (tmp_path / "theirs.py").unlink()  # the packed copy must do
    models = [shutil.move(path, elsewhere / "theirs")]
    models += [shutil.copytree(trained(kind) / "model", elsewhere / kind) for kind in ("binary", "images")]
    command = [sys.executable, "-W", "ignore", "-c", ELSEWHERE, *(Path(model).name for model in models)]
    ended = subprocess.run(command, cwd=elsewhere, env=alone(), capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    (of_theirs, *answers), packages = json.loads(ended.stdout)
    assert len(packages) == 3  # what each needs differs
    black = Standardize(**known.standardize)(torch.zeros(1, 1, 8, 8)).flatten()
    logits = 3 * torch.tanh(weights["linear.weight"] @ black + weights["linear.bias"])
    np.testing.assert_allclose(of_theirs, logits.softmax(0)[None], rtol=1e-5)
    for kind, answer in zip(("binary", "images"), answers, strict=True):
        model = loaded(trained(kind))
        np.testing.assert_allclose(answer, model.predict(model.input_example).select_dtypes("number"), rtol=1e-5)


class Server:
    """`mlflow models serve` of the model in a folder, alone on a port."""

    def __init__(self, model: Path, cwd: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = cwd / f"{model.name}.log"
        command = ["mlflow", "models", "serve", "-m", str(model), "--env-manager", "local", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=cwd, env=alone(), stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> None:
        end = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5):
                    return
            except OSError:
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.2)

    def post(self, content: str, kind: str = "application/json") -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/invocations", content.encode(), {"Content-Type": kind}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["predictions"]
        except urllib.error.HTTPError as error:
            return json.load(error)

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)


@pytest.fixture
def servers(trained: Callable[[str], Path], elsewhere: Path) -> Iterator[dict[str, Server]]:
    """Of a table's model and of one of images, moved to another project."""
    moved = {kind: shutil.copytree(trained(kind) / "model", elsewhere / kind) for kind in ("binary", "images")}
    started = {kind: Server(model, elsewhere) for kind, model in moved.items()}
    try:
        for server in started.values():
            server.wait()
        yield started
    finally:
        for server in started.values():
            server.kill()


def answered(predictions: list[dict[str, Any]], wanted: pd.DataFrame) -> None:
    """The numbers of an answer to 1e-5, and its labels."""
    given = pd.DataFrame(predictions)
    assert list(given.columns) == list(wanted.columns)
    assert list(given["label"]) == list(wanted["label"])
    of_numbers = [name for name in wanted.columns if name != "label"]
    np.testing.assert_allclose(given[of_numbers], wanted[of_numbers], rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_mlflow_serves_what_was_trained(servers: dict[str, Server], trained: Callable[[str], Path], elsewhere: Path):
    raw = pd.read_csv(trained("binary").parents[2] / "customers.csv").head(30)
    wanted = loaded(trained("binary")).predict(raw)
    names = ["age", "job", "owner", "since", "visits"]
    rows = raw.astype(object).where(raw.notna(), None)[names]
    records, server = rows.to_dict("records"), servers["binary"]
    for content in (
        {"dataframe_records": records},
        {"dataframe_split": {"columns": names, "data": rows.to_numpy().tolist()}},
        {"dataframe_split": {"data": rows.to_numpy().tolist()}},
        {"inputs": records},
        {"instances": records},
        {"inputs": rows.to_dict("list")},
        {"inputs": rows.to_numpy().tolist()},
    ):
        answered(server.post(json.dumps(content)), wanted)
    answered(server.post(raw.to_csv(index=False), "text/csv"), wanted)
    refused = server.post(json.dumps({"dataframe_records": [{**records[0], "age": "old"}]}))
    assert "input: row 1: column 'age' must be a number, but got 'old'" in refused["message"]

    words = shlex.split(REQUEST.replace("localhost:5000", f"127.0.0.1:{server.port}"))
    (answer,) = server.post(words[words.index("-d") + 1])
    assert answer["label"] in ("left", "stayed")
    assert 0 < answer["probability"] < 1

    images = np.random.default_rng(0).integers(0, 17, (4, 1, 8, 8))
    wanted = loaded(trained("images")).predict(images)
    for pixels in (images, images[:, 0], images.reshape(4, -1), images.astype(float)):
        answered(servers["images"].post(json.dumps({"inputs": pixels.tolist()})), wanted)
    flat = pd.DataFrame(images.reshape(4, -1))
    answered(servers["images"].post(flat.to_csv(index=False), "text/csv"), wanted)


@pytest.mark.slow
def test_mlflow_predicts_a_csv_file(trained: Callable[[str], Path], elsewhere: Path):
    source = trained("binary").parents[2] / "customers.csv"
    given = ["-m", str(trained("binary") / "model"), "--env-manager", "local", "-t", "csv"]
    files = ["-i", str(source), "-o", "answer.json"]
    ended = subprocess.run(
        [sys.executable, "-m", "mlflow", "models", "predict", *given, *files],
        cwd=elsewhere,
        env=alone(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads((elsewhere / "answer.json").read_text())
    answered(answer["predictions"], loaded(trained("binary")).predict(pd.read_csv(source)))
