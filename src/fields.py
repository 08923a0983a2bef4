"""Kinds of settings, with their ranges: what the schema of a run, readers and models declare theirs with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from src.choices import one_of

Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
MOST = 10**9  # of whatever is counted: more can neither be held nor waited for
Count = Annotated[int, Field(ge=1, le=MOST)]
Index = Annotated[int, Field(ge=0, le=MOST)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Standardize = Literal["none", "features", "channels", "images"]


def _checked_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"must be a regular expression ({error})") from None
    return text


def _checked_distinct(values: list[Any]) -> list[Any]:
    if twice := [value for place, value in enumerate(values) if value in values[:place]]:
        raise ValueError(f"must hold nothing twice ({twice[0]} is)")
    return values


def _checked_name(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("must be text that can be printed, of one line")
    return text


Distinct = AfterValidator(_checked_distinct)
Name = Annotated[str, AfterValidator(_checked_name)]  # that people read
Pattern = Annotated[str, AfterValidator(_checked_pattern)]


class _Free:
    """Marks a key that does not decide a number: where a run trains, how it is written down."""


DOES_NOT_DECIDE = _Free()


# Where data lie: what they hold decides, and is known by its digest.
Place = Annotated[Annotated[str, Field(min_length=1)], DOES_NOT_DECIDE]
OptionalPlace = Annotated[Annotated[str, Field(min_length=1)] | None, DOES_NOT_DECIDE]


class _OtherSource:
    """Marks an argument that is the settings of another data source."""


OTHER_SOURCE = _OtherSource()


class Block(BaseModel):
    """Typed settings: unknown keys and wrong types are errors, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


def free_keys(kind: type[Block], prefix: str = "") -> list[str]:
    """The keys of a schema that do not decide a number; a whole block is named by its own key."""
    found = []
    for name, field in kind.model_fields.items():
        if DOES_NOT_DECIDE in field.metadata:
            found.append(f"{prefix}{name}")
        elif isinstance(field.annotation, type) and issubclass(field.annotation, Block):
            found += free_keys(field.annotation, f"{prefix}{name}.")
    return found


class Plug(Block):
    """The settings of a model or a data source: its dotted path, and its arguments."""

    dotted_path: str = Field(alias="_target_")


@dataclass(frozen=True, eq=False)  # annotations must be hashable, tables are not
class NameIn:
    """Lets the names of a table pass."""

    table: Mapping[str, Any]

    def __call__(self, name: str) -> str:
        if name not in self.table:
            raise ValueError(one_of(self.table))
        return name


def name_in(table: Mapping[str, Any]) -> AfterValidator:
    """Marks a setting as a choice from `table`, whatever it holds by the time of the check."""
    return AfterValidator(NameIn(table))
