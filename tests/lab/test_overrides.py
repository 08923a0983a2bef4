"""What is typed for a call: Hydra's own parser is the judge."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hydra.core.override_parser.overrides_parser import OverridesParser

from src.config.command_line import for_hydra, read_name
from src.lab.overrides import interval, text, typed

TEXTS = [
    "plain",
    "a b",
    "it's",
    "back\\",
    "b\\'q",
    "",
    "null",
    "True",
    "1e-3",
    "ü ö",
    "x=1,2",
    "{a}",
    "C:\\x\\",
    "a.b/c",
]


@pytest.mark.parametrize("given", TEXTS)
def test_hydra_reads_a_text_as_it_is(given):
    assert OverridesParser.create().parse_override(f"key={text(given)}").value() == given


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, None),
        (True, True),
        (1e-5, 1e-5),
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        ([64, 32], [64, 32]),
        ((0.9, 0.999), [0.9, 0.999]),
        (["a b", None], ["a b", None]),
        ({"name": "tpe", "seed": 1}, {"name": "tpe", "seed": 1}),
        (Path("my file.csv"), "my file.csv"),
    ],
)
def test_hydra_reads_a_value_as_it_is(given, read):
    assert OverridesParser.create().parse_override(f"key={text(given)}").value() == read


def words(*given, several=False, of=None, **keys):
    return typed(given, keys, of=of or {}, several=several)


def test_a_keyword_is_a_key_by_its_last_part_or_in_full():
    assert words("smoke", lr=0.1, model__dropout=0.5, epochs=3) == [
        "+experiment=smoke",
        "optimizer.lr=0.1",
        "model.dropout=0.5",
        "epochs=3",
    ]
    assert words({"optimizer.lr": 0.1}, "epochs=3") == ["epochs=3", "optimizer.lr=0.1"]
    assert words(model={"widths": [8], "dropout": 0.5}) == ["model.widths=[8]", "model.dropout=0.5"]
    assert words(model="cnn", channels=[8, 16], experiment="digits") == [
        "model=cnn",
        "+experiment=digits",
        "model.channels=[8,16]",
    ]


def test_what_could_be_two_keys_is_refused():
    with pytest.raises(
        ValueError, match=r"^name: must be one key, but got what ends several: optimizer.name, schedule"
    ):
        words(name="sgd")
    with pytest.raises(
        ValueError, match=r"^arguments: must be names of experiments, overrides or mappings, but got int"
    ):
        words(3)
    with pytest.raises(ValueError, match=r"^arguments: must be values that can be written down, but got object"):
        words(lr=object())
    with pytest.raises(ValueError, match=r"^model: must be a name or settings, but got 3"):
        words(model=3)


def test_lists_and_ranges_are_tried_one_after_another():
    assert words(lr=[0.1, 0.01], seed=range(3), several=True) == ["optimizer.lr=0.1,0.01", "seed=0,1,2"]
    assert words(model=["mlp", "perceptron"], several=True) == ["model=mlp,perceptron"]
    assert words(widths=[64, 32], several=True) == ["model.widths=[64,32]"]  # one list
    assert words(widths=[[64], [64, 32]], several=True) == ["model.widths=[64],[64,32]"]
    assert words(objective=["val/loss", "num_params"], several=True) == ["objective=[val/loss,num_params]"]


def test_arrays_and_columns_are_lists():
    assert words(lr=np.logspace(-3, -1, 2), seed=np.arange(2), several=True) == ["optimizer.lr=0.001,0.1", "seed=0,1"]
    assert words(lr=pd.Series([0.5, 0.25]), several=True) == ["optimizer.lr=0.5,0.25"]
    assert words(widths=[np.array([64]), (64, 32)], several=True) == ["model.widths=[64],[64,32]"]
    assert words(widths=torch.tensor([64, 32])) == ["model.widths=[64,32]"]


def test_names_of_a_users_own_are_keys():
    columns = {"age (years)": "numeric", "price, EUR": "numeric", "größe": "categorical"}
    found = words({"data": "table"}, columns=columns, tags={"a b": 1})
    assert found == [
        "data=table",
        *(f"data.columns.{name}={kind}" for name, kind in columns.items()),
        "tracking.tags.a b=1",
    ]
    parsed = OverridesParser.create().parse_overrides(for_hydra(found))
    assert [read_name(one.key_or_group.removeprefix("data.columns.")) for one in parsed[1:4]] == list(columns)
    assert words(data={"name": "x", "columns": {"a b": "numeric"}})[-1] == "data.columns.a b=numeric"


def test_an_interval_is_hydras():
    parse = OverridesParser.create().parse_override
    numbers = parse(f"key={interval(1e-4, 1e-1, log=True)}").value()
    assert (numbers.start, numbers.end, numbers.tags) == (1e-4, 1e-1, {"log"})
    whole = parse(f"key={interval(1, 4)}").value()
    assert list(whole.range()) == [1, 2, 3, 4]
    assert words(lr=interval(0.1, 1.0), several=True) == ["optimizer.lr=interval(0.1,1.0)"]


def test_keys_of_hydras_have_keywords_of_their_own():
    of = {"sampler": "hydra.sweeper.sampler"}
    assert words(sampler={"name": "tpe", "seed": 1}, of=of, several=True) == ["hydra.sweeper.sampler={name:tpe,seed:1}"]
