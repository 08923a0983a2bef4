"""A search space in Hydra's sweep syntax, as Optuna's distributions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Override, RangeSweep, Transformer
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


@dataclass(frozen=True)
class Space:
    """What is searched, by the keys of a run, and the overrides that every trial has."""

    searched: dict[str, BaseDistribution]
    fixed: list[str]

    def overrides(self, params: Mapping[str, Any]) -> list[str]:
        """The command line of a trial."""
        return [*self.fixed, *(f"{key}={_written(value)}" for key, value in params.items())]

    @property
    def fixed_keys(self) -> set[str]:
        """The keys that every trial has set."""
        return {text.lstrip("+~").partition("=")[0] for text in self.fixed}

    def remarks(self) -> list[str]:
        """What a person should know of this space, a line each."""
        told = []
        if "seed" in self.searched:
            told.append("seed: a search over it finds a lucky one; hydra.sweeper.repeats=k judges a trial by k seeds.")
        told += [
            f"{key}: may change the rows or inputs of val; then the trials' figures are not on one scale."
            for key in self.searched
            if key.startswith("data.") and key != "data.standardize"
        ]
        return told + [
            f"{key}: a linear interval spends {100 * (1 - 10 * distribution.low / distribution.high):.0f} % of its draws on the "
            f"last decade and more; tag(log, interval({distribution.low:g}, {distribution.high:g})) is even over all."
            for key, distribution in self.searched.items()
            if key.rpartition(".")[2] == "lr"
            and isinstance(distribution, FloatDistribution)
            and not distribution.log
            and distribution.high > 10 * distribution.low > 0
        ]


def read_space(parser: OverridesParser, params: Mapping[str, Any], arguments: Sequence[str]) -> Space:
    """The space of `params` (from a file: key to sweep) and of the command line, which has the last word."""
    written = [f"{key}={_written(value)}" for key, value in params.items()]
    searched: dict[str, BaseDistribution] = {}
    fixed: dict[str, str] = {}
    for override in parser.parse_overrides([*written, *arguments]):
        key = str(override.get_key_element())
        searched.pop(key, None)
        fixed.pop(key, None)
        if override.is_sweep_override():
            searched[key] = distribution(override)
            choices = getattr(searched[key], "choices", ())
            if len(set(choices)) < len(choices):
                raise ValueError(f"{key}: must have no value twice, but got {override.input_line}.")
        else:
            fixed[key] = str(override.input_line)
    return Space(searched, list(fixed.values()))


def distribution(override: Override) -> BaseDistribution:
    """Of one sweep. Differs from Hydra's ranges: both ends are in it. Raises ValueError for one that is empty."""
    sweep: Any = override.value()
    try:
        if isinstance(sweep, (ChoiceSweep, Glob)):
            choices: Any = override.sweep_iterator(transformer=Transformer.encode)
            return CategoricalDistribution(list(choices))
        if isinstance(sweep, RangeSweep):
            return _range(sweep)
        assert isinstance(sweep, IntervalSweep)
        return _interval(sweep)
    except ValueError as error:
        raise ValueError(
            f"{override.key_or_group}: must be a range that is not empty, but got {override.input_line} ({error})."
        ) from error


def _range(sweep: RangeSweep) -> BaseDistribution:
    ends: Any = (sweep.start, sweep.stop, sweep.step)
    if all(isinstance(value, int) for value in ends):
        start, stop, step = ends
        return IntDistribution(start, stop, step=step)
    first, last, stride = map(float, ends)
    return FloatDistribution(first, last, step=stride)


def _interval(sweep: IntervalSweep) -> BaseDistribution:
    log = "log" in sweep.tags
    if isinstance(sweep.start, int) and isinstance(sweep.end, int):  # only of int(interval(a, b)): Hydra makes floats
        return IntDistribution(sweep.start, sweep.end, log=log)
    ends: Any = (sweep.start, sweep.end)
    low, high = map(float, ends)
    return FloatDistribution(low, high, log=log)


def as_sweep(distribution: BaseDistribution) -> str:
    """A distribution in Hydra's sweep syntax."""
    if isinstance(distribution, CategoricalDistribution):
        choices = ",".join(map(_written, distribution.choices))
        return choices if len(distribution.choices) > 1 else f"choice({choices})"  # which takes no null
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    ends = f"{distribution.low}, {distribution.high}"
    if distribution.step is not None and not distribution.log:
        return f"range({ends}, {distribution.step})"
    interval = f"tag(log, interval({ends}))" if distribution.log else f"interval({ends})"
    return f"int({interval})" if isinstance(distribution, IntDistribution) else interval


def _written(value: Any) -> str:
    """A value as the command line has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{','.join(_written(item) for item in value)}]"
    return str(value)
