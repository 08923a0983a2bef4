"""What nothing that a run leaves, sends or prints may show: passwords in URIs, and what the environment gave."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
AT_LEAST = 6  # signs: what is shorter stands in any text by chance, and is no secret
PATTERNS = (
    # SQLAlchemy takes a password with a slash in it: up to the last @ is safe.
    (re.compile(r"(://[^\s:/@'\"]*):[^\s'\"]*@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(\bhttps?://)[^\s:/@'\"]+@"), rf"\1{HIDDEN}@"),  # a token in the place of a user
    (
        re.compile(
            r"([?&;][\w.-]*(?:password|passwd|pwd|token|secret|api_?key|signature|sig)=)[^&;#\s'\"]+", re.IGNORECASE
        ),
        rf"\1{HIDDEN}",
    ),
)
_given: dict[str, str] = {}  # by this process's environment: what it is, and how it was written
_known: dict[str, str] = {}  # to this process: by how it is kept, what has a password


def without_passwords(text: str) -> str:
    """`text` as it may be kept: passwords and tokens in URIs starred out."""
    if "://" in text:
        for pattern, stars in PATTERNS:
            text = pattern.sub(stars, text)
    return text


def masked(text: str) -> str:
    """`text`, which is for people, as it may be printed, sent or kept; also what the environment gave, as it was written."""
    for given in sorted(_given, key=len, reverse=True):
        text = text.replace(given, _given[given])
    return without_passwords(text)


def kept(values: Any) -> Any:
    """Nested plain values without passwords in their texts."""
    if isinstance(values, str):
        return without_passwords(values)
    if isinstance(values, Mapping):
        return {key: kept(value) for key, value in values.items()}
    return [kept(value) for value in values] if isinstance(values, list | tuple) else values


def is_hidden(text: str) -> bool:
    """Whether something of `text` was not kept."""
    return HIDDEN in text


def hide(given: str, written: str) -> None:
    """From here on `given`, which the environment gave, is shown as it was written."""
    if len(given) >= AT_LEAST and given != written:
        _given[given] = written


def remember(values: Any) -> None:
    """Know the passwords in nested plain values again, for as long as this process lives."""
    if isinstance(values, str):
        if (stars := without_passwords(values)) != values:
            _known[stars] = values
    elif isinstance(values, Mapping | list):
        for value in values.values() if isinstance(values, Mapping) else values:
            remember(value)


def known_again(values: Any) -> Any:
    """Nested plain values as they were before they were kept, as far as this process knows their passwords."""
    if isinstance(values, str):
        return _known.get(values, values)
    if isinstance(values, Mapping):
        return {key: known_again(value) for key, value in values.items()}
    return [known_again(value) for value in values] if isinstance(values, list) else values
