"""What the environment gives a configuration: used as it is, kept as it was written, `${oc.env:NAME}`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from src.config.passwords import hide, known_again, remember

RESOLVER = "oc.env"
Keys = tuple[str | int, ...]  # keys and indices on the way to a leaf


class Resolved(NamedTuple):
    """Nested plain values, and by their keys how those were written that the environment gave."""

    values: dict[str, Any]
    written: Mapping[Keys, str]


def resolve(config: Any) -> Resolved:
    """All values of an OmegaConf configuration; what is secret in them is shown by nothing from here on."""
    from omegaconf import OmegaConf

    raw: Any = OmegaConf.to_container(config, resolve=False)
    values: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    remember(values)
    if not any(RESOLVER in text for _, text in _texts(raw)):
        return Resolved(values, {})
    with _naming():
        named: Any = OmegaConf.to_container(config, resolve=True)
    given = dict(_texts(values))
    written = {keys: text for keys, text in _texts(named) if given.get(keys, text) != text}
    for keys, text in written.items():
        hide(given[keys], text)
    return Resolved(values, written)


def read_back(values: Mapping[str, Any]) -> Resolved:
    """The same of values that were kept. Raises ValueError if the environment has not what they were given then."""
    known = known_again(values)
    if not any("${" in text for _, text in _texts(known)):
        return Resolved(known, {})
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        return resolve(OmegaConf.create(known))
    except OmegaConfBaseException as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{error.full_key}: must be given by the environment as before, but got: {reason}.") from error


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


def _texts(node: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    """Keys and text of every leaf that is one."""
    if isinstance(node, str):
        yield keys, node
    elif isinstance(node, Mapping | list):
        for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
            yield from _texts(value, (*keys, key))


@contextmanager
def _naming() -> Iterator[None]:
    """Inside, the environment gives names of variables in the place of their values."""
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    OmegaConf.register_new_resolver(RESOLVER, lambda *name: f"${{{RESOLVER}:{','.join(map(str, name))}}}", replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver(RESOLVER, oc.env, replace=True)
