"""What is tried of a model before anything is recorded: all that may be wrong, and no more."""

from pathlib import Path

import pytest
from torch import Tensor

from src import randomness
from src.config.composition import compose_run
from src.data.reading import LastRead
from src.runs.check import check_run
from src.sweep.one import train_one
from src.tracking import Tracker

KEYS = (
    "data=blobs",
    "epochs=1",
    "model.widths=[4]",
    "tracking.enabled=false",
    "tracking.save_model=false",
    "test=false",
)


def test_no_weight_is_drawn_to_try_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run, drawn, draw = compose_run(*KEYS), list[int](), randomness.normal

    def counted(state: Tensor, index: Tensor) -> Tensor:
        drawn.extend([index.numel()] if index.device.type == "cpu" else [])
        return draw(state, index)

    monkeypatch.setattr(randomness, "normal", counted)
    check_run(run, LastRead().read(run.data))
    assert drawn == []
    train_one(run, tmp_path, Tracker(None), LastRead())
    assert drawn[:2] == [2 * 4, 4 * 1]


@pytest.mark.parametrize("widths", ["[1000000,1000000]", "[900000000]", "[60000,60000,60000,60000,60000,60000]"])
def test_a_model_beyond_the_memory_is_refused(widths: str):
    run = compose_run(*KEYS[:2], f"model.widths={widths}")
    with pytest.raises(ValueError, match=r"^model: must fit into memory, .* but got"):
        check_run(run, LastRead().read(run.data))
