"""What the environment gives a configuration: used as it is, kept as it was written, `${oc.env:NAME}`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from src.environment import Keys, filled_in, texts
from src.passwords import hide, known_again, remember

RESOLVER = "oc.env"


class Resolved(NamedTuple):
    """Nested plain values, and by their keys how those were written that the environment gave."""

    values: dict[str, Any]
    written: Mapping[Keys, str]


def resolve(config: Any) -> Resolved:
    """All values of an OmegaConf configuration; what is secret in them is shown by nothing from here on."""
    from omegaconf import MISSING, OmegaConf

    raw: Any = OmegaConf.to_container(config, resolve=False)
    if not any("${" in text or text == MISSING for _, text in texts(raw)):
        remember(raw)
        return Resolved(raw, {})
    values: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    remember(values)
    if not any(RESOLVER in text for _, text in texts(raw)):
        return Resolved(values, {})
    with _naming():
        named: Any = OmegaConf.to_container(config, resolve=True)
    given = dict(texts(values))
    written = {keys: text for keys, text in texts(named) if given.get(keys, text) != text}
    _hide(values, written)
    return Resolved(values, written)


def read_back(values: Mapping[str, Any]) -> Resolved:
    """The same of values that were kept. Raises ValueError if the environment has not what they were given then."""
    known = known_again(values)
    filled, before = filled_in(known), dict(texts(known))
    written = {keys: before[keys] for keys, text in texts(filled) if text != before[keys]}
    _hide(filled, written)
    return Resolved(filled, written)


def from_environment(text: str) -> str:
    """`text`, with what it takes from the environment; ValueError if that is not there."""
    return str(read_back({"tracking.uri": text}).values["tracking.uri"])


def with_written(values: dict[str, Any], written: Mapping[Keys, str]) -> dict[str, Any]:
    """`values`, which are changed, with what the environment gave as it was written."""
    for keys, text in written.items():
        node: Any = values
        for key, following in zip(keys, (*keys[1:], None), strict=True):
            if isinstance(node, list) and isinstance(key, str):
                node = node[0]  # one mapping in the place of a list is a list of one
            if following is None:
                node[key] = text
            node = node[key]
    return values


def _hide(values: Mapping[str, Any], written: Mapping[Keys, str]) -> None:
    given = dict(texts(values))
    for keys, text in written.items():
        hide(given[keys], text)


@contextmanager
def _naming() -> Iterator[None]:
    """Inside, the environment gives names of variables in the place of their values."""
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    def name(*given: str | None) -> str:
        return f"${{{RESOLVER}:{','.join('null' if one is None else str(one) for one in given)}}}"

    OmegaConf.register_new_resolver(RESOLVER, name, replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver(RESOLVER, oc.env, replace=True)
