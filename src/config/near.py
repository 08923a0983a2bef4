"""What somebody may have meant by a key that is not known."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

LIKE = 0.75  # of two words, by difflib: `droput` and `dropout` are .92, `width` and `widths` .91
MOST = 3


def unknown_key(key: str, known: Iterable[str], here: Sequence[str]) -> str:
    """The line for `key`: of all that are `known` those that end so, or nearly; if there are none, those `here`."""
    word = key.rpartition(".")[2]
    meant = near(key, known)
    hint = f"perhaps {' or '.join(meant)} was meant" if meant else f"known here: {', '.join(here) or 'none'}"
    return f"{key}: must be a known key, but got {word!r}; {hint}."


def near(key: str, known: Iterable[str]) -> list[str]:
    """Keys that end as `key` does, else those with a last word like its own; those beside it before others."""
    block, _, word = key.rpartition(".")
    by_word: dict[str, list[str]] = {}
    for one in known:
        by_word.setdefault(one.rpartition(".")[2], []).append(one)
    words = [word] if word in by_word else get_close_matches(word, by_word, MOST, LIKE)
    meant = [one for name in words for one in by_word[name]]
    beside = [one for one in meant if one.rpartition(".")[0] == block]
    return (beside or meant)[:MOST]
