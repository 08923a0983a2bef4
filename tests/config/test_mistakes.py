"""Every rule of the schema broken at least once, generated from it: one line that names key, rule and value."""

import copy
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import annotated_types as at
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, open_dict

from src.config import check_against_data, load
from src.config.composition import register_resolvers
from src.config.schema import Run
from src.data.reading import read_dataset
from src.data.sources import SOURCES
from src.fields import Block, NameIn
from src.models.arguments import MODELS
from src.runs.check import check_run
from tests.doors import REPOSITORY


@cache
def composed(*overrides: str) -> dict[str, Any]:
    register_resolvers()
    with initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        cfg = compose("train", ["tracking.save_model=true", *overrides], return_hydra_config=True)
    with open_dict(cfg):
        cfg.pop("hydra")
    return {**OmegaConf.to_container(cfg, resolve=True), "test": True}


def violations(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Values that break a field's type, and one beyond each of its bounds."""
    parts = (annotation, *get_args(annotation))
    types = {
        getattr(part, "__origin__", part) if hasattr(part, "__metadata__") else get_origin(part) or part
        for part in parts
    }
    bounds = list(metadata) + [bound for part in parts for bound in getattr(part, "__metadata__", ())]
    bounds += [inner for bound in bounds for inner in getattr(bound, "metadata", ())]
    yield {"no": "such"}
    if not types & {str, Literal}:
        yield "nonsense"
    if (Literal in types and str not in types) or any(isinstance(getattr(b, "func", None), NameIn) for b in bounds):
        yield "nonsense"
    for bound in bounds:
        beyond = {at.Gt: "gt", at.Ge: "ge", at.Lt: "lt", at.Le: "le"}.get(type(bound))
        if beyond in ("gt", "lt"):
            yield getattr(bound, beyond)
        elif beyond in ("ge", "le"):
            yield getattr(bound, beyond) + (-1 if beyond == "ge" else 1)
    if NoneType not in types:
        yield None


def fields(kind: type[Block], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Block):
            yield from fields(field.annotation, f"{prefix}{name}.")
        elif name != "dotted_path" and get_origin(field.annotation) not in (dict, Mapping):
            for value in violations(field.annotation, tuple(field.metadata)):
                yield f"{prefix}{name}", value


def readers() -> Iterator[tuple[str, str, Any]]:
    for target, source in SOURCES.items():
        for key, value in fields(source.settings, "data."):
            yield f"data={target.rpartition('.')[2]}", key, value


def models() -> Iterator[tuple[str, str, Any]]:
    for target, arguments in MODELS.items():
        for key, value in fields(arguments, "model."):
            yield f"model={target.split('.')[-2]}", key, value


CASES = [
    *(("data=digits", key, value) for key, value in fields(Run)),
    *models(),
    *readers(),
]


def changed(values: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    values = copy.deepcopy(values)
    *blocks, last = key.split(".")
    block = values
    for name in blocks:
        block = block[name]
    block[last] = value
    return values


@pytest.mark.parametrize(("override", "key", "value"), CASES, ids=lambda part: str(part)[:40])
def test_every_broken_rule_is_one_line_that_names_key_rule_and_value(override, key, value):
    with pytest.raises(ValueError, match=".") as refused:
        load(changed(composed(override), key, value))
    line = str(refused.value)
    assert line.startswith(key)
    assert "must" in line
    assert ", but got" in line
    assert "\n" not in line


KEYS = sorted({(override, key.rpartition(".")[0]) for override, key, _ in CASES})


@pytest.mark.parametrize(("override", "block"), KEYS)
def test_every_block_refuses_a_typo_and_lists_what_it_knows(override, block):
    with pytest.raises(ValueError, match="must be a known key, but got 'typo'; known here: ") as refused:
        load(changed(composed(override), f"{block}.typo".lstrip("."), 1))
    assert str(refused.value).startswith(f"{block}.typo".lstrip("."))


CONTRADICTIONS = {
    "optimizer.momentum": ["optimizer=adam", "optimizer.momentum=0.5"],
    "optimizer.betas": ["optimizer=sgd", "optimizer.betas=[0.9,0.99]"],
    "trainer.precision": ["trainer.precision=16-mixed", "trainer.accelerator=cpu"],
    "trainer.strategy": ["trainer.num_nodes=2"],
    "tracking.register": ["tracking.register=lungs", "tracking.enabled=false"],
    "data.val_fraction": ["data=wine", "data.val_fraction=0.6", "data.test_fraction=0.5"],
    "data.fold": ["data=wine", "data.fold=3", "data.num_folds=3"],
    "objective": ["objective=num_params"],
    "patience": ["keep=last", "patience=3"],
    "trainer.gradient_clip_algorithm": ["trainer.gradient_clip_algorithm=value"],
    "trainer.min_epochs": ["trainer.min_epochs=9", "epochs=3"],
    "model._target_": ["model._target_=src.models.mlp.MPL"],
    "data._target_": ["data._target_=nothing"],
    "data.source._target_": ["data=modified", "data.source._target_=src.data.nothing"],
    "data.source.seed": ["data=modified", "data.source.seed=-1"],
    "tracking.tags": ["++tracking.tags.seed=1"],
}


@pytest.mark.parametrize("key", CONTRADICTIONS)
def test_settings_that_contradict_each_other_are_refused(key):
    with pytest.raises(ValueError, match=f"^{key}: must .*, but got "):
        load(composed(*CONTRADICTIONS[key]))


MISFITS = {
    "data.standardize": ["data=wine", "data.standardize=channels"],
    "loss": ["data=wine", "loss=bce"],
    "objective": ["data=diabetes", "objective=val/auroc"],
    "pos_weight": ["data=digits", "pos_weight=2.0"],
    "label_smoothing": ["data=diabetes", "label_smoothing=0.1"],
    "augment": ["data=wine", "augment=affine"],
    "threshold": ["data=digits", "threshold=0.3"],
    "calibrate": ["data=diabetes", "calibrate=temperature"],
    "tta": ["data=digits", "augment=mixup", "tta=4"],
    "model.activation": ["data=breast_cancer", "model=perceptron", "model.activation=sigmoid"],
    "model": ["data=digits", "model=tabm"],
}


@pytest.mark.parametrize("key", MISFITS)
def test_settings_that_contradict_the_data_are_refused_once_these_are_read(key):
    run = load(composed(*MISFITS[key]))
    data = read_dataset(run.data)
    with pytest.raises(ValueError, match=f"^{key}: must .*, but got "):
        check_against_data(run, data.task, is_image=data.is_image, has_codes=data.has_codes)


@pytest.mark.parametrize("keys", [("optimizer=adam", "optimizer.betas=[0.9]"), ("model=cnn", "model.channels=[]")])
def test_a_list_that_is_too_short_is_told_as_other_values_are(keys):
    key, _, value = keys[-1].partition("=")
    with pytest.raises(ValueError, match=rf"^{key}: must have at least [12] items?, but got {re.escape(value)}\.$"):
        load(composed(*keys))


@pytest.mark.parametrize(
    ("data", "model", "rule"),
    [
        ("digits", "tabular", "one of mlp, perceptron, cnn, mixer for images, but got src.models.tabular.TabularMLP, "),
        ("wine", "cnn", "one of mlp, perceptron, tabular, tabm for a table, but got src.models.cnn.CNN, "),
        ("wine", "mixer", "one of mlp, perceptron, tabular, tabm for a table, but got src.models.mixer.MLPMixer, "),
    ],
)
def test_a_model_is_for_images_or_for_tables(data, model, rule):
    run = load(composed(f"data={data}", f"model={model}"))
    dataset = read_dataset(run.data)
    with pytest.raises(ValueError, match=f"^model: must be {re.escape(rule)}"):
        check_against_data(run, dataset.task, is_image=dataset.is_image, has_codes=dataset.has_codes)


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (("mixer", "model.patch_size=3"), "model.patch_size: must divide the height and width of the images, 8x8, "),
        (("cnn", "model.channels=[1,1,1,1,1]"), "model.channels: must have at most 4 stages for images of 8x8, "),
    ],
)
def test_images_that_do_not_suit_a_model_are_told_before_anything_is_trained(model, rule):
    run = load(composed("data=digits", "model=" + model[0], *model[1:]))
    with pytest.raises(ValueError, match=f"^{re.escape(rule)}but got "):
        check_run(run, read_dataset(run.data))


@pytest.mark.parametrize(
    ("model", "standardize", "rule"),
    [
        ("tabular", "none", None),
        ("tabm", "none", None),
        ("mlp", "none", r"data\.categories: must be onehot for src\.models\.mlp\.MLP, .*, but got codes\."),
        ("perceptron", "none", r"data\.categories: must be onehot for src\.models\.perceptron\.Perceptron, "),
        ("tabm", "features", r"data\.standardize: must be none where columns are codes .*, but got features\."),
    ],
)
def test_codes_of_categories_are_for_models_that_know_them(model, standardize, rule):
    run = load(composed("data=diabetes", f"model={model}", f"data.standardize={standardize}"))
    expected = nullcontext() if rule is None else pytest.raises(ValueError, match=f"^{rule}")
    with expected:
        check_against_data(run, "regression", is_image=False, has_codes=True)


@pytest.mark.parametrize(
    "experiment", sorted(path.stem for path in (REPOSITORY / "conf" / "experiment").glob("*.yaml"))
)
def test_every_experiment_is_valid(experiment):
    assert load(composed(f"+experiment={experiment}")).epochs > 0
