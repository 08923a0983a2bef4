"""Models that embed a table's columns: several in one and codes of categories go through a stack, a record and a file."""

import pytest
import torch

from src.config.composition import compose_run
from src.config.loading import load
from src.config.schema import Run
from src.data.reading import read_dataset
from src.engines.build import why_not
from src.engines.stacked.size import choose_slots
from src.models.build import num_params
from src.prediction.predictor import Predictor
from src.runs.build import build_run_model
from tests.engines.stacked.heard import train
from tests.engines.stacked.test_company import alone, assert_same_curve

COLUMNS = ("model.d_embedding=3", "model.num_bins=4")
TABM = ("model=tabm", *COLUMNS, "model.k=3", "model.d_block=5")
MODELS = {
    "tabular": ("model=tabular", *COLUMNS, "model.widths=[4]", "model.d_category=2"),
    "tabm": (*TABM, "model.arch_type=tabm"),
    "tabm-mini": (*TABM, "model.d_category=2"),
}
KEYS = ("trainer.precision=64-true", "trainer.accelerator=cpu", "tracking.enabled=false", "patience=null", "epochs=3")


def runs_of(task: str, model: str) -> list[Run]:
    """Two that differ in their seeds and in dropout."""
    differing = [("seed=1", "model.dropout=0"), ("seed=2", "model.dropout=0.3")]
    composed = [compose_run(*KEYS, "batch_size=16", *MODELS[model], *keys).model_dump() for keys in differing]
    data = {"_target_": f"tests.engines.stacked.tiny.{task}", "standardize": "none" if task == "table" else "features"}
    return [load({**values, "data": data}) for values in composed]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("task", ["table", "classes"])
def test_in_company_as_alone_and_from_a_file(task, model, tmp_path):
    runs = runs_of(task, model)
    dataset = read_dataset(runs[0].data)
    assert why_not(runs[0], dataset) is None
    heard = train(runs, dataset)
    for number, run in enumerate(runs):
        assert_same_curve(heard.progress(number), alone(run, dataset), alone(run, dataset, moved=True))
        trained = heard.outcomes[number]
        trained.predictor(None).save(tmp_path / "predictor.pt")
        logits = trained.predict(dataset.val).logits
        torch.testing.assert_close(trained.val.logits, logits)  # as the stack evaluated it, and as one model does
        torch.testing.assert_close(Predictor.load(tmp_path / "predictor.pt").logits(dataset.val.inputs), logits)


def test_bins_are_of_what_the_model_is_given():
    run = runs_of("classes", "tabular")[0]
    dataset = read_dataset(run.data)
    inputs = dataset.train.inputs
    expected = (inputs - inputs.mean(0)) / inputs.std(0, correction=0)
    quantiles = dataset.spec_as("features").quantiles
    torch.testing.assert_close(quantiles[:, 480], expected.quantile(0.5, dim=0))
    torch.testing.assert_close(dataset.spec.quantiles[:, 480], inputs.quantile(0.5, dim=0))
    assert dataset.spec_as("features") is dataset.spec_as("features")


def test_a_split_is_evaluated_in_pieces_that_suit_the_k(monkeypatch):
    run = runs_of("table", "tabm")[1]
    dataset = read_dataset(run.data)
    whole = train([run], dataset).progress(0)
    monkeypatch.setattr("src.engines.stacked.data.CHUNK", 7 * 3 * 9)  # the embedded columns are wider than a block
    sizes = []
    monkeypatch.setattr(
        "src.engines.stacked.program.pooled",
        lambda outputs, task: sizes.append(len(outputs)) or outputs.mean(-2),
    )
    pieces = train([run], dataset).progress(0)
    assert sizes[:5] == [7, 7, 7, 7, 2]
    assert pieces.history[-1]["val/loss"] == pytest.approx(whole.history[-1]["val/loss"], rel=1e-9)


def test_slots_are_fewer_the_more_numbers_a_step_makes():
    run = compose_run("model=tabm", "model.d_block=256", "data=diabetes")
    model, cpu = build_run_model(run, read_dataset(run.data)), torch.device("cpu")
    assert choose_slots(model, cpu, rows_per_step=16) == 2**19 // (16 * 32 * 256)  # rows, models in one, units
    assert choose_slots(model, cpu, rows_per_step=256) == 1
    assert 16 < 2**22 / num_params(model) < 64
    assert choose_slots(model, cpu, rows_per_step=1) == 32
