"""Values against a schema, with one line that names key, rule and value."""

from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from src.choices import quoted
from src.config.near import unknown_key
from src.config.refused import refusal
from src.fields import Block

OF_ALL = ("experiment", "search")  # groups whose files set keys of the whole run
Kind = TypeVar("Kind", bound=Block)


def validated(kind: type[Kind], values: dict[str, Any], prefix: str = "") -> Kind:
    """`values` as a `kind`; ValueError for the first that breaks a rule, with `prefix` before its key."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        details = error.errors()
        first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")  # a typo explains a missing key
        of_key = [detail for detail in details if detail["loc"][:1] == first["loc"][:1]]
        if first["type"] != "extra_forbidden":  # of a union's branches, what came furthest is what was meant
            first = max(of_key, key=lambda detail: (len(detail["loc"]), detail["type"] == "value_error"))
        raise ValueError(_line(kind, first, prefix)) from None


def known_keys(kind: type[Block]) -> list[str]:
    """The keys of a schema as they are typed."""
    return [field.alias or name for name, field in kind.model_fields.items()]


def _line(kind: type[Block], detail: ErrorDetails, prefix: str) -> str:
    block, parts = kind, []
    for part in detail["loc"]:
        parts.append(str(part))
        fields = {field.alias or name: field for name, field in block.model_fields.items()}
        if part not in fields:
            break
        annotation = fields[str(part)].annotation
        inner = [
            option
            for option in (annotation, *get_args(annotation))
            if isinstance(option, type) and issubclass(option, Block)
        ]
        if not inner:
            break  # what follows in the location names branches of a union, no keys
        block = inner[0]
    key = prefix + ".".join(parts)
    if detail["type"] == "extra_forbidden" and (line := refusal(key, detail["input"])):
        return line
    if detail["type"] == "extra_forbidden" and key in OF_ALL:
        rule = "begin with the line `# @package _global_`, without a byte order mark"
        return (
            f"{key}: a file of this group must {rule}, but got one that sets keys of {key}: {quoted(detail['input'])}."
        )
    if detail["type"] == "extra_forbidden":
        here = known_keys(block)
        return unknown_key(key, [".".join((*key.split(".")[:-1], name)) for name in here], here)
    if detail["type"] == "missing":
        return f"{key}: must be set, but got nothing."
    rule = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be").replace("should", "must")
    rule = rule.removeprefix("List ").partition(" after validation")[0]
    return f"{key}: {rule[0].lower() + rule[1:]}, but got {quoted(detail['input'])}."
