"""Simulated radiographs: the physics, the purity of the draws, the cache, and how hard they are."""

import math
import re
from typing import Any

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from src.data.sources.phantom import phantom
from src.data.sources.phantom.patients import draw_patients
from src.data.sources.phantom.radiograph import developed, radiographs, transmitted, with_noise, with_scatter
from src.data.sources.phantom.thorax import optical_depth
from src.data.transforms import Standardize

DEFAULTS: dict[str, Any] = {
    "size": 28,
    "num_train": 30,
    "num_val": 12,
    "num_test": 12,
    "prevalence": 0.5,
    "difficulty": 1.0,
    "seed": 0,
}


@pytest.fixture
def make(tmp_path):
    return lambda **changed: phantom(**{**DEFAULTS, "cache": str(tmp_path), **changed})


def films(numbers=range(8), sick=0, seed=0, size=28, difficulty=1.0):
    numbers = torch.tensor(list(numbers))
    return radiographs(seed, numbers, torch.full(numbers.shape, sick), size=size, difficulty=difficulty)


def depths(sick, size=40):
    patients, at = draw_patients(0, torch.arange(30)), torch.linspace(-15, 15, size)
    return optical_depth(patients, torch.full((30, 1, 1), float(sick)), at, at, difficulty=1.0)


def test_a_homogeneous_slab_obeys_beer_and_lambert():
    slab = torch.full((1, 56, 56), 0.2 * 7.0)
    torch.testing.assert_close(transmitted(slab, 2), torch.full((1, 28, 28), math.exp(-1.4)))
    assert developed(torch.tensor([math.exp(-0.9), math.exp(-5.0)]), 1.0).tolist() == [0, 255]


def test_scatter_moves_photons_and_noise_falls_with_exposure():
    primary = torch.zeros(1, 41, 41)
    primary[0, 20, 20] = 1.0
    spread = with_scatter(primary, torch.tensor([[[0.4]]]), torch.tensor([[[2.0]]]))
    assert float(spread.sum()) == pytest.approx(1.0, abs=1e-3)
    assert 0.6 <= float(spread[0, 20, 20]) < 0.62
    draws = torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    for counts in (100.0, 10_000.0):
        noisy = with_noise(torch.full((20_000,), counts), draws)
        assert float(noisy.std() / noisy.mean()) == pytest.approx(counts**-0.5, rel=0.03)


def test_illness_only_adds_and_only_inside_the_lung():
    added = depths(1) - depths(0)
    assert added.min() >= -1e-5
    assert (added.flatten(1).amax(1) > 0.02).double().mean() > 0.85
    lungs = torch.linspace(-15, 15, 40).abs()
    assert added[:, :, lungs > 14.5].abs().max() < 1e-5  # the arms' side
    assert added[:, torch.linspace(-15, 15, 40) > 13, :].abs().max() < 1e-5  # the belly


def test_a_film_is_a_function_of_seed_and_number():
    whole = films(range(8))
    assert torch.equal(films([5, 2]), whole[[5, 2]])
    assert not torch.equal(films(range(8), seed=1), whole)
    assert whole.dtype == torch.uint8
    assert whole.shape == (8, 1, 28, 28)


def test_every_size_shows_the_same_patients():
    small, large = films(range(12), sick=1), films(range(12), sick=1, size=112)
    shrunk = torch.nn.functional.avg_pool2d(large.double(), 4).flatten(1)
    same = torch.stack(
        [torch.stack([torch.corrcoef(torch.stack([a, b]))[0, 1] for b in shrunk]) for a in small.double().flatten(1)]
    )
    assert same.diagonal().min() > 0.98
    assert torch.equal(same.argmax(1), torch.arange(12))


def test_splits_have_their_share_of_sick_and_a_longer_train_leaves_the_rest_alone(make):
    dataset = make(prevalence=0.3, num_train=40)
    assert [int(part.labels.sum()) for part in (dataset.train, dataset.val, dataset.test)] == [12, 4, 4]
    longer = make(prevalence=0.3, num_train=60)
    assert torch.equal(longer.train.inputs[:40], dataset.train.inputs)
    assert torch.equal(longer.val.inputs, dataset.val.inputs)
    assert dataset.simulated
    assert "simulated" in dataset.source


def test_the_cache_gives_what_was_made_and_a_damaged_one_is_made_again(make, tmp_path):
    fresh = make()
    (file,) = tmp_path.glob("*.npz")
    written = file.stat().st_mtime_ns
    assert torch.equal(make().train.inputs, fresh.train.inputs)
    assert file.stat().st_mtime_ns == written
    file.write_bytes(file.read_bytes()[:1000])
    assert torch.equal(make().train.inputs, fresh.train.inputs)
    assert file.stat().st_size > 1000


def test_a_bar_of_80_columns_tells_that_films_are_made_and_a_cache_tells_nothing(make, monkeypatch, capsys):
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "FORCE_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    make()
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err).replace("\r", "\n").split("\n")
    assert any("simulating chest X-rays" in line and "54/54" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert all("ETA" in line for line in lines if "simulating" in line)
    make()
    assert capsys.readouterr().err == ""


def test_a_line_tells_it_where_there_is_no_terminal(make, capsys, tmp_path):
    make()
    assert capsys.readouterr().err == f"simulating 54 chest X-rays, 28x28; the next run finds them in {tmp_path}\n"
    make()
    assert capsys.readouterr().err == ""


MISTAKES = {
    "size": (27, 225),
    "prevalence": (0.0, 1.0, 0.01),
    "difficulty": (0.0, -1.0, math.inf, math.nan),
    "seed": (-1,),
    "num_train": (0, 1),
    "num_val": (0,),
    "num_test": (-3,),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MISTAKES.items() for value in values])
def test_every_argument_has_its_rule(make, name, value):
    with pytest.raises(ValueError, match="^data.(" + name + "|num_train): must .*, but got "):
        make(**{name: value})


def linear_auroc(dataset):
    scale = Standardize.fit(dataset.train.inputs, "images")
    train, test = (scale(part.inputs).flatten(1) for part in (dataset.train, dataset.test))
    model = LogisticRegression(C=0.01, max_iter=2000).fit(train, dataset.train.labels)
    return roc_auc_score(dataset.test.labels, model.decision_function(test))


def test_a_linear_model_is_near_its_mark_and_difficulty_makes_it_harder(make):
    sizes = {"num_train": 3000, "num_val": 2, "num_test": 1000}
    easy, default, hard = (linear_auroc(make(difficulty=difficulty, **sizes)) for difficulty in (0.5, 1.0, 2.0))
    assert 0.80 < default < 0.88
    assert easy > default + 0.03
    assert default > hard + 0.03
