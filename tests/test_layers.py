"""Imports go one way, and frameworks stop at their doors."""

import ast

import pytest

from tests.conftest import REPOSITORY

FILES = sorted((REPOSITORY / "src").rglob("*.py"))
MATHS = {"randomness", "losses", "metrics", "schedules", "thresholds", "bootstrap", "optimizers", "findings"}
ENGINE = {"recording", "models", "data", "config", "parts", "progress", "runs"}
ALLOWED = {
    **dict.fromkeys(MATHS, MATHS),
    "models": MATHS | {"models", "plug"},
    "data": MATHS | {"data", "plug"},
    "config": {"config", "runs", "errors"},
    "tracking": {"tracking", "config", "runs"},
    "serving": {"serving", "data", "models"},
    "recording": MATHS
    | {
        "recording",
        "models",
        "data",
        "config",
        "tracking",
        "serving",
        "plots",
        "provenance",
        "progress",
        "parts",
        "runs",
        "errors",
    },
    "parts": MATHS | {"models", "data", "config"},
    "jobs": {"config"},
    "single": MATHS | ENGINE | {"single"},
    "stacked": MATHS | ENGINE | {"stacked", "jobs"},
    "sweep": MATHS
    | ENGINE
    | {"sweep", "single", "stacked", "jobs", "tracking", "plots", "provenance", "resume", "errors"},
    "search": MATHS | ENGINE | {"search", "sweep", "stacked", "jobs", "tracking", "plots", "plug", "resume", "errors"},
    "study": MATHS | ENGINE | {"study", "sweep", "jobs", "tracking", "plots", "provenance", "resume", "errors"},
    "plugins": {"config", "jobs", "sweep", "search", "tracking", "plug", "errors"},
    "report": MATHS | {"report", "sweep", "tracking", "plots", "config", "runs", "errors"},
}
FRAMEWORKS = {
    "pytorch_lightning": {"single", "data/module.py"},
    "mlflow": {"tracking", "serving"},
    "hydra": {"config", "plugins", "train.py", "errors.py", "search/space.py"},
    "omegaconf": {"config", "plugins", "train.py", "errors.py"},
    "optuna": {"search"},
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
    layer = place.parts[0].removesuffix(".py")
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "src" and rest and layer in ALLOWED:
            assert rest[0] in ALLOWED[layer], f"{place} imports {name}"
        if top in FRAMEWORKS:
            doors = FRAMEWORKS[top]
            assert place.parts[0] in doors or str(place) in doors, f"{place} imports {name}"
