"""What is wrong of every key, by its type: texts as they are typed on a command line."""

from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types as at

NEVER = {  # of no key
    "a failing resolver": "'${foo:3}'",
    "a missing variable": "'${oc.env:NOT_HERE}'",
    "a missing key": "'${nothing.here}'",
    "itself": "'${SELF}'",
    "half an interpolation": "'${seed'",
    "missing": "???",
    "a sweep of values": "1,2",
    "a range": "range(5,1)",
    "an interval": "interval(1e-4,1)",
    "a glob": "glob(*)",
    "an unclosed list": "[1,",
    "an unclosed mapping": "{a:",
}
ANY = {  # of some keys
    "empty": "",
    "quoted and empty": "''",
    "a blank": "' '",
    "null": "null",
    "text": "nonsense",
    "text beyond ASCII": "größe☃𝔘",
    "a control sign": "'a\x1b[31mb'",
    "right to left": "'\u202eabc'",
    "very long": "x" * 5_000,
    "a path upwards": "../../x",
    "true": "true",
    "NaN": "nan",
    "infinity": "inf",
    "minus infinity": "-inf",
    "minus one": "-1",
    "zero": "0",
    "a fraction": "1.5",
    "beyond a float": "1e400",
    "a tiny number": "1e-320",
    "beyond 64 bits": "10000000000000000000",
    "beyond all": "1" + "0" * 26,
    "minus beyond all": "-1" + "0" * 26,
    "an empty list": "[]",
    "a list in a list": "[[]]",
    "a list of null": "[null]",
    "a list of twins": "[1,1]",
    "an empty mapping": "{}",
    "a mapping": "{a: 1}",
    "a target": "{_target_: os.system}",
}


def hostile(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[tuple[str, str, bool]]:
    """Kind, text, and whether it must be refused, of a field; those of the second kind may also be taken, as they are."""
    types, bounds = types_of(annotation), list(bounds_of(annotation, metadata))
    for kind, text in NEVER.items():
        yield kind, text, True
    takes_text = str in types
    for kind, text in ANY.items():
        yield kind, text, bool(_forbidden(kind, types)) and not takes_text
    if types & {int, float}:
        for bound in bounds:
            if beyond := {at.Gt: "gt", at.Ge: "ge", at.Lt: "lt", at.Le: "le"}.get(type(bound)):
                step = {"gt": 0, "lt": 0, "ge": -1, "le": 1}[beyond]
                yield f"beyond its bound {bound}", str(getattr(bound, beyond) + step), not takes_text


def _forbidden(kind: str, types: set[Any]) -> bool:
    """Whether no value of `types`, text apart, may be of this kind."""
    if kind in ("beyond 64 bits", "beyond all", "minus beyond all"):
        return float not in types
    if kind in ("NaN", "infinity", "minus infinity", "beyond a float"):
        return True
    if kind == "true":
        return bool not in types
    if kind == "a fraction":
        return float not in types
    if kind == "null":
        return NoneType not in types
    if kind == "a target":
        return not types & {list, dict}
    return kind in ("text", "text beyond ASCII", "a control sign", "right to left", "very long", "a path upwards")


def types_of(annotation: Any) -> set[Any]:
    """The types that values may have, inside unions and annotations; `str` for a choice by name too."""
    origin = get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        return types_of(annotation.__origin__)
    if origin is Literal:
        return {type(value) for value in get_args(annotation)} - {str}
    if origin is Union or type(annotation).__name__ == "UnionType":
        return set().union(*map(types_of, get_args(annotation)))
    return {origin or annotation}


def bounds_of(annotation: Any, metadata: tuple[Any, ...]) -> Iterator[Any]:
    """Of a number, or of the one kind of number that a union holds."""
    marks = (*metadata, *getattr(annotation, "__metadata__", ()))
    for mark in marks:
        yield from getattr(mark, "metadata", ()) or (mark,)
    if get_origin(annotation) is not list:
        for part in get_args(annotation):
            if not isinstance(part, (str, int, float, bool)):
                yield from bounds_of(part, ())
