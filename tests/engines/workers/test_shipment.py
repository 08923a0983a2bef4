"""Data that a worker's machine does not have come from the driver, once for each machine."""

import os
import pickle

import numpy as np
import pytest
import torch
from rich.console import Console

from src.config.composition import compose_run
from src.data.reading import LastRead, read_dataset
from src.engines.dispatch import Dispatch
from src.engines.workers.cluster import ray
from src.engines.workers.shipment import Shipment
from src.sweep.one import jobs as source_of
from tests.engines.workers.test_workers import Heard, by_workers, jobs_in, nodes  # noqa: F401


@pytest.fixture
def table(tmp_path):
    """The path of a table that this process alone can open: it leads through its own list of files."""
    rows = np.random.default_rng(0).normal(size=(80, 3))
    lines = [",".join(f"{value:.3f}" for value in row) + f",{int(row[0] > 0)}" for row in rows]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,y", *lines]), encoding="utf-8")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield f"/proc/self/fd/{folder}/table.csv"
    os.close(folder)


def test_workers_train_on_the_data_of_the_driver(nodes, table, tmp_path, monkeypatch, caplog):  # noqa: F811
    of_table = ("data=table", f"data.path={table}", "data.target=y", "epochs=5")
    changing = ("data=code", "data._target_=tests.engines.workers.changing.read", "epochs=5")
    given = [(*data, f"seed={seed}") for data in (of_table, changing) for seed in range(3)]
    put, puts = ray.put, []
    monkeypatch.setattr(ray, "put", lambda value: puts.append(value) or put(value))
    heard, alone, data = Heard(), Heard(), LastRead()
    by_workers(jobs_in(tmp_path / "workers", *given), nodes, heard, data=data)
    source = source_of(*jobs_in(tmp_path / "alone", *given), data=data)
    Dispatch(source, [alone], console=Console(quiet=True), data=data).train()
    assert heard.rows == alone.rows
    assert all(len(rows) == 5 for rows in heard.rows.values())
    assert len(puts) == 2
    assert "data: those of the driver are sent to" in caplog.text
    assert "they have other content here" in caplog.text


def test_a_shipment_holds_the_tensors_apart_and_gives_the_same_data():
    dataset = read_dataset(compose_run("data=digits").data)
    dataset.spec_as("none")  # what it keeps for its models does not travel
    shipment = Shipment.of(dataset)
    assert len(shipment.content) < 100_000 < sum(buffer.nbytes for buffer in shipment.buffers)
    assert any(np.shares_memory(buffer, dataset.train.inputs.numpy()) for buffer in shipment.buffers)
    found = Shipment(pickle.loads(pickle.dumps(shipment.content)), shipment.buffers).unpacked()
    assert found.digest == dataset.digest
    assert torch.equal(found.train.inputs, dataset.train.inputs)
    assert found.test.labels.dtype == dataset.test.labels.dtype
