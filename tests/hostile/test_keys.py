"""Every key, set to everything that is wrong: composed as a command is, and refused in one line or taken as it is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.config.command_line import CONF, for_hydra
from src.config.composition import register_resolvers, resolved, without_hydra
from src.config.messages import explain
from src.config.validation import validated
from src.search.settings import Settings
from tests.hostile.keys import Key, of_runs, of_searches
from tests.hostile.rule import assert_one_line
from tests.hostile.values import hostile

Composed = tuple[DictConfig, Any, OverridesParser]
MISTAKES = (ValueError, OSError, HydraException, OmegaConfBaseException)  # what a door tells in one line
RUNS, SEARCHES = list(of_runs()), list(of_searches())


@pytest.fixture(scope="module")
def composed() -> Any:
    """What a command composes, each once: Hydra takes 85 ms."""
    known: dict[tuple[str, ...], Composed] = {}
    register_resolvers()
    with initialize_config_dir(str(CONF), version_base="1.3"):

        def made(base: tuple[str, ...]) -> Composed:
            if base not in known:
                cfg = compose("train", for_hydra(base), return_hydra_config=True)
                parser = OverridesParser.create(GlobalHydra.instance().config_loader())
                known[base] = without_hydra(cfg), cfg.hydra, parser
            return known[base]

        yield made


def set_as_hydra_does(cfg: DictConfig, override: str, parser: OverridesParser) -> None:
    """What Hydra does with an override of a command without -m."""
    parsed = parser.parse_overrides(for_hydra([override]))
    ConfigLoaderImpl.validate_sweep_overrides_legal(parsed, run_mode=RunMode.RUN, from_shell=True)
    ConfigLoaderImpl._apply_overrides_to_config(parsed, cfg)


def attempts(key: Key, read: Callable[[str], Any]) -> list[str]:
    """What breaks the rule, for every wrong value of `key`; `read` composes an override and gives what the key holds then."""
    broken = []
    for kind, text, must_be_refused in hostile(key.annotation, key.metadata):
        given = f"{key.name}={text.replace('SELF', key.name)}"
        try:
            found = read(given)
        except MISTAKES as error:
            try:
                assert_one_line(line := explain(error), key.name)
                assert "${" not in text or "known key" not in line, line  # the key is known, its value leads nowhere
            except AssertionError as failed:
                broken.append(f"{kind}: {given[:80]!r}: {str(failed)[:300]}")
        except Exception as error:
            broken.append(f"{kind}: {given[:80]!r}: {type(error).__name__}: {error}"[:300])
        else:
            if must_be_refused or not is_taken_as_it_is(text, found):
                broken.append(f"{kind}: {given[:80]!r} is taken as {found!r}"[:300])
    return broken


def is_taken_as_it_is(text: str, found: Any) -> bool:
    """Whether a number that was typed is the number that is held; text and what has parts is for the schema's own tests."""
    if text in ("true", "false"):
        return str(found).lower() == text
    try:
        number = float(text)
    except ValueError:
        return True
    return str(found) == text or (not isinstance(found, bool) and isinstance(found, int | float) and found == number)


def held(values: Any, name: str) -> Any:
    for part in name.split("."):
        values = (
            values[part] if isinstance(values, dict) else getattr(values, {"register": "registered"}.get(part, part))
        )
    return values


@pytest.mark.parametrize("key", RUNS, ids=str)
def test_a_wrong_value_is_one_line_that_names_its_key(key: Key, composed: Callable[[tuple[str, ...]], Composed]):
    cfg, hydra, parser = composed(key.base)

    block = key.name.partition(".")[0]
    changed, before = cfg.copy(), cfg._get_node(block)

    def read(override: str) -> Any:
        changed._content[block] = copy.deepcopy(before)  # of the whole, a copy takes longer than all the rest
        changed._content[block]._set_parent(changed)
        set_as_hydra_does(changed, override, parser)
        return held(resolved(changed, hydra), key.name)

    assert attempts(key, read) == []


@pytest.mark.parametrize("key", SEARCHES, ids=str)
def test_a_wrong_setting_of_a_search_is_one_line(key: Key, composed: Callable[[tuple[str, ...]], Composed]):
    _, hydra, parser = composed(key.base)

    def read(override: str) -> Any:
        changed = OmegaConf.create({"hydra": {"sweeper": OmegaConf.to_container(hydra.sweeper)}})
        set_as_hydra_does(changed, override, parser)
        settings: Any = OmegaConf.to_container(changed.hydra.sweeper, resolve=True, throw_on_missing=True)
        kept = {name: value for name, value in settings.items() if name not in ("_target_", "_recursive_")}
        return held(validated(Settings, kept, "hydra.sweeper."), key.name.rpartition(".")[2])

    assert attempts(key, read) == []


def test_there_are_thousands_of_cases():
    assert sum(1 for key in (*RUNS, *SEARCHES) for _ in hostile(key.annotation, key.metadata)) > 5_000
