"""Preprocessors by kind: how rows as people have them become a model's inputs."""

from collections.abc import Mapping
from typing import Any

from src.choices import chosen
from src.data.preprocessing.arrays import Arrays
from src.data.preprocessing.images import Images
from src.data.preprocessing.preprocessor import Preprocessor
from src.data.preprocessing.table import TableRows

PREPROCESSORS: dict[str, type[Preprocessor]] = {one.kind: one for one in (Arrays, Images, TableRows)}


def stored(preprocessor: Preprocessor) -> dict[str, Any]:
    """Plain values and tensors, from which `restored` makes an equal one."""
    return {"kind": preprocessor.kind, **preprocessor.state()}


def restored(state: Mapping[str, Any]) -> Preprocessor:
    """The preprocessor that `state` was stored of."""
    return chosen("preprocessor", PREPROCESSORS, state["kind"]).of_state(state)


__all__ = ["PREPROCESSORS", "Arrays", "Images", "Preprocessor", "TableRows", "restored", "stored"]
