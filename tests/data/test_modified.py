"""Another source's data with fewer rows, noisy labels, or another split held out."""

from dataclasses import replace

import pytest

from src.config import check_against_data
from src.config.composition import compose_run
from src.data.reading import read_dataset
from src.data.sources.modified import modified

SPLITS = {"val_fraction": 0.15, "test_fraction": 0.2, "split_seed": 0, "fold": None, "num_folds": 5}
DIGITS = {"_target_": "src.data.sources.bundled.digits", **SPLITS}
DIABETES = {**DIGITS, "_target_": "src.data.sources.bundled.diabetes"}


def changed(source=DIGITS, **given):
    return modified(**{"source": source, "num_train": None, "label_noise": 0.0, "val_from": "val", "seed": 0, **given})


def test_fewer_rows_are_rows_of_the_source_each_once():
    whole, few = read_dataset(DIGITS), changed(num_train=100)
    rows = {tuple(row.flatten().tolist()) for row in whole.train.inputs}
    drawn = [tuple(row.flatten().tolist()) for row in few.train.inputs]
    assert len(drawn) == 100
    assert set(drawn) <= rows
    assert few.val.inputs.equal(whole.val.inputs)


def test_fewer_rows_are_among_more():
    few, more = changed(num_train=50), changed(num_train=80)
    assert more.train.inputs[:50].equal(few.train.inputs)
    assert not changed(num_train=50, seed=1).train.inputs.equal(few.train.inputs)


def test_noise_draws_a_share_of_the_labels_anew():
    clean, noisy, random = changed(), changed(label_noise=0.5), changed(label_noise=1.0)
    assert float((clean.train.labels == noisy.train.labels).double().mean()) == pytest.approx(0.55, abs=0.05)
    assert float((clean.train.labels == random.train.labels).double().mean()) == pytest.approx(0.1, abs=0.03)
    assert noisy.val.labels.equal(clean.val.labels)


@pytest.mark.parametrize("val_from", ["val", "test", "train"])
def test_the_split_that_is_named_stands_as_val(val_from):
    data = changed(val_from=val_from, num_train=200)
    whole = read_dataset(DIGITS)
    expected = data.train if val_from == "train" else getattr(whole, val_from)
    assert data.val.inputs.equal(expected.inputs)
    assert data.test.inputs.equal(whole.test.inputs)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"num_train": 10**6}, r"data\.num_train: must lie in 1 to"),
        ({"val_from": "nothing"}, r"data\.val_from: must be train, val or test"),
        ({"label_noise": 0.5, "source": DIABETES}, r"data\.label_noise: must lie in 0 to 1 and be 0 for a regression"),
    ],
)
def test_what_does_not_fit_the_source_is_refused(given, rule):
    with pytest.raises(ValueError, match=rule):
        changed(**given)


def test_the_rules_of_a_run_are_those_of_the_source_in_it():
    run = compose_run("data=modified", "data@data.source=digits", "loss=bce")
    data = read_dataset(run.data)
    assert (data.task, data.is_image) == ("multiclass", True)
    with pytest.raises(ValueError, match=r"^loss: must be one of cross_entropy"):
        check_against_data(run, data.task, is_image=data.is_image, has_codes=data.has_codes)
    with pytest.raises(ValueError, match=r"^data\.source\.split_seed: "):
        compose_run("data=modified", "data@data.source=digits", "data.source.split_seed=-1")


def test_what_is_known_of_a_content_is_known_of_what_is_made_of_it(monkeypatch):
    known = replace(read_dataset(DIGITS), content="content")
    monkeypatch.setattr("src.data.sources.modified.read_dataset", lambda source: known)
    few, fewer = changed(num_train=100), changed(num_train=99)
    assert len({known.digest, few.digest, fewer.digest}) == 3
