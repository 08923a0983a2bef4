"""The command line before Hydra reads it."""

from collections.abc import Sequence

WHOLE = ("hydra.sweeper.sampler", "hydra.sweeper.pruner")


def with_whole_mappings(argv: Sequence[str]) -> list[str]:
    """A mapping for a sampler or a pruner takes the place of a file's; Hydra alone would refuse or merge its keys."""
    given = []
    for text in argv:
        key, _, value = text.partition("=")
        given += [f"~{key}", f"+{text}"] if key in WHOLE and value.lstrip().startswith("{") else [text]
    return given
