"""Every key that a command may set, found in the schemas: a new key is here by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from src.config.schema import Run
from src.data.sources import SOURCES
from src.fields import Block
from src.models.arguments import MODELS
from src.search.settings import Settings

# A command beside which a key is set, and under which name its block is found.
BASE = ("data=digits",)
REQUIRED = {
    "table": ("data.path=rows.csv", "data.target=y"),
    "arrays": ("data.path=rows.npz",),
}  # what a file of conf/data leaves to be set
FILLED = ("test", "tracking.save_model", "tracking.experiment")  # null: by how the run was started
NOT_HYDRAS = ("resume",)  # a door reads it before Hydra does


@dataclass(frozen=True)
class Key:
    """A key as it is typed, the command that knows it, and what may be set there."""

    name: str
    base: tuple[str, ...]
    annotation: Any
    metadata: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.base[0]}"


def of_block(kind: type[Block], prefix: str, base: tuple[str, ...]) -> Iterator[Key]:
    """Of a schema, and of the blocks in it."""
    for name, field in kind.model_fields.items():
        called = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Block):
            yield from of_block(field.annotation, f"{called}.", base)
        elif called not in NOT_HYDRAS:
            annotation = field.annotation | None if called in FILLED else field.annotation
            yield Key(called, base, annotation, tuple(field.metadata))


def of_runs() -> Iterator[Key]:
    """Of a run, of each model and of each reader."""
    yield from (key for key in of_block(Run, "", BASE) if key.name not in ("model", "data"))
    for target, model in MODELS.items():
        yield from of_block(model, "model.", (f"model={target.split('.')[-2]}",))
    for target, source in SOURCES.items():
        name = target.rpartition(".")[2]
        yield from of_block(source.settings, "data.", (f"data={name}", *REQUIRED.get(name, ())))


def of_searches() -> Iterator[Key]:
    """Of a search's own settings."""
    yield from of_block(Settings, "hydra.sweeper.", ("hydra/sweeper=optuna",))
