"""Imports go one way, and frameworks stop at their doors."""

import ast

import pytest

from tests.doors import REPOSITORY

FILES = sorted((REPOSITORY / "src").rglob("*.py"))
GROUND = {
    "choices",
    "tasks",
    "fields",
    "imports",
    "environment",
    "passwords",
    "disk",
    "memory",
    "bars",
}  # what all rooms stand on
TABLES = {"losses", "metrics", "schedules", "optimizers", "models.arguments", "data.sources"}  # of the schema
MATHS = {"choices", "tasks", "data_spec", "randomness", "losses", "metrics", "schedules", "optimizers", "statistics"}
PARTS = MATHS | GROUND | {"models", "data", "prediction"}  # what a run is built of
BELOW = PARTS | {"config", "runs"}
ALLOWED = {
    **dict.fromkeys(GROUND, GROUND),
    **dict.fromkeys(MATHS - GROUND, MATHS),
    "models": MATHS | GROUND | {"models"},
    "data": MATHS | GROUND | {"data"},
    "prediction": MATHS | GROUND | {"models", "data", "prediction"},
    "config": GROUND | TABLES | {"config", "runs"},
    "runs": BELOW,
    "plots": {"plots", "disk"},
    "serving": BELOW | {"serving"},
    "artifacts": BELOW | {"plots", "serving", "artifacts"},
    "tracking": GROUND | {"tracking", "config", "runs", "statistics", "metrics"},
    "engines": BELOW | {"engines"},
    "sweep": BELOW | {"engines", "sweep", "tracking", "plots", "artifacts"},
    "search": BELOW | {"engines", "sweep", "search", "tracking", "plots"},
    "claims": BELOW | {"engines", "sweep", "claims", "tracking", "plots"},
    "plugins": {"imports", "config", "runs", "engines", "sweep", "search", "tracking"},
    "report": MATHS | {"report", "sweep", "tracking", "plots", "config", "runs", "disk"},
    "lab": BELOW | {"engines.native", "lab", "plots", "report", "search", "serving", "sweep", "train"},
    "train": {"config", "runs", "engines", "sweep", "tracking"},
    "predict": {"config", "runs", "serving"},
    "diff": {"config", "runs", "statistics"},
    "export": {"config", "runs", "serving"},
    "sync": GROUND | {"config", "runs", "tracking"},
}
FRAMEWORKS = {
    "pytorch_lightning": {"engines/single"},
    "mlflow": {"tracking", "serving"},
    "onnx": {"serving"},
    "onnxruntime": {"serving"},
    "hydra": {"config", "plugins", "train.py", "search/space.py"},
    "omegaconf": {"config", "plugins", "train.py"},
    "optuna": {"search"},
    "ray": {"engines/workers"},
    "PIL": {"data/images"},
    "pydicom": {"data/images"},
    "plotly": {"report", "search"},
    "matplotlib": {"plots", "search/figures.py"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "src")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_file_imports_only_what_lies_below_it(path):
    place = path.relative_to(REPOSITORY / "src")
    room = place.parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert room in ALLOWED, f"{place}: its room must be named in ALLOWED"
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "src" and rest:
            assert any(f"{rest}.".startswith(f"{one}.") for one in ALLOWED[room]), f"{place} imports {name}"
        if top in FRAMEWORKS:
            assert any(str(place).startswith(door) for door in FRAMEWORKS[top]), f"{place} imports {name}"
