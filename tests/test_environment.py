"""What the environment gives values that were kept, against OmegaConf."""

import pytest
from omegaconf import OmegaConf

from src.config.environment import read_back, resolve
from src.environment import filled_in

RAW = {
    "text": "${oc.env:GIVEN}",
    "within": "a-${oc.env:GIVEN}-b",
    "by another": "${text}",
    "default": "${oc.env:NOT_GIVEN,there}",
    "nested": "${oc.env:NOT_GIVEN,${oc.env:GIVEN}}",
    "null": "${oc.env:NOT_GIVEN,null}",
    "number": "${oc.decode:${oc.env:NUMBER}}",
    "list": [{"deep": "${oc.env:GIVEN}"}, 3],
    "plain": "GIVEN",
}


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN", "horse")
    monkeypatch.setenv("NUMBER", "3")
    monkeypatch.delenv("NOT_GIVEN", raising=False)


def test_what_was_kept_reads_back_as_it_was():
    config = OmegaConf.create(RAW)
    values, written = resolve(config)
    assert values == OmegaConf.to_container(config, resolve=True)
    kept = {**RAW, "number": 3, "null": None, "by another": RAW["text"]}
    assert {keys: text for keys, text in written.items() if len(keys) == 1} == {
        (key,): kept[key] for key in ("text", "within", "by another", "default", "nested")
    }
    assert written[("list", 0, "deep")] == "${oc.env:GIVEN}"
    assert read_back(kept).values == values
    assert read_back(kept).written == written


def test_what_is_missing_is_named_with_its_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GIVEN")
    with pytest.raises(ValueError, match=r"^model\.a\.b: must be given by the environment .*, but got no GIVEN there"):
        filled_in({"a": {"b": ["${oc.env:GIVEN}"]}}, "model.")
    assert filled_in({"a": "${oc.env:GIVEN,null}", "b": "${other}"}) == {"a": None, "b": "${other}"}


def test_what_the_environment_gives_is_no_reference(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ITSELF", "${oc.env:ITSELF}")
    assert filled_in({"uri": "a/${oc.env:ITSELF}"}) == {"uri": "a/${oc.env:ITSELF}"}
