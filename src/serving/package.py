"""The code that a saved model needs, as a package of its own: neither a user's `src` nor another version is in its way."""

import hashlib
import re
import shutil
import sysconfig
from collections.abc import Mapping
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from src.data.preprocessing import PREPROCESSORS
from src.serving.imports import OURS, imported_names, is_ours, libraries, needed

SERVED = f"{OURS}.serving.served"
IMPORT = re.compile(rf"^(\s*(?:from|import)\s+){OURS}(?=[.\s])", re.MULTILINE)
# By what is imported, where that is not the name, or not all.
DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "PIL": ("pillow",),
    "pydicom": ("pydicom", "pyjpegls", "pylibjpeg", "pylibjpeg-openjpeg"),  # it finds its codecs by itself
    "sklearn": ("scikit-learn",),
    **{name: (name,) for name in ("mlflow", "numpy", "pandas", "psutil", "pydantic", "rich", "rtdl_num_embeddings")},
    **{name: (name,) for name in ("tabm", "threadpoolctl", "torch")},
}


class Package(NamedTuple):
    """`loader`: the module that MLflow imports; `paths`: what must lie where it looks; `requirements`, with their versions."""

    loader: str
    paths: list[Path]
    requirements: list[str]


def write_package(scratch: Path, target: str, kind: str) -> Package:
    """Write to `scratch` what a model at `target` with a preprocessor of `kind` needs of our code, and a user's own module.

    It is called by a digest of its content, and whatever imports ours imports it. A library's model is a requirement.
    """
    theirs = _of_user(target)
    written = [] if theirs is None else sorted(theirs.rglob("*.py")) if theirs.is_dir() else [theirs]
    start = {SERVED, *(name for path in written for name in imported_names(path) if is_ours(name))}
    start |= {target.rpartition(".")[0]} if is_ours(target) else set()
    unused = {one.__module__ for name, one in PREPROCESSORS.items() if name != kind}
    modules = needed(start, unused)
    files = {
        "/".join(name.split(".")[1:]) + ("/__init__.py" if path.name == "__init__.py" else ".py"): path.read_text(
            encoding="utf-8"
        )
        for name, path in sorted(modules.items())
    }
    digest = hashlib.sha256("".join(f"{name}\n{text}\n" for name, text in files.items()).encode()).hexdigest()
    package = scratch / f"perceptron_lab_{digest[:8]}"
    for name, text in {"__init__.py": f'"""What a model of Perceptron Lab needs: {digest}."""\n', **files}.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(_renamed(text, package.name), encoding="utf-8")
    packed = [] if theirs is None else [_copied(theirs, scratch / "theirs", package.name)]
    tops = [*libraries(modules.values()), *libraries(written)]
    tops += [] if is_ours(target) or theirs is not None else [target.partition(".")[0]]
    return Package(_here(SERVED, package.name), [package, *packed], _pinned(tops))


def _of_user(target: str) -> Path | None:
    """The user's own module or package that `target` lives in; None where it is ours, or a library's."""
    top = target.partition(".")[0]
    if top == OURS:
        return None
    spec = find_spec(top)
    assert spec is not None  # a model of it has been trained
    places = [*(spec.submodule_search_locations or ()), spec.origin]  # of a package, its folder; else its file
    place = Path(str(places[0])).resolve()
    known = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib")]
    return None if any(place.is_relative_to(one) for one in known) else place


def _copied(theirs: Path, scratch: Path, package: str) -> Path:
    scratch.mkdir()
    place = scratch / theirs.name
    if theirs.is_dir():
        shutil.copytree(theirs, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(theirs, place)
    for path in place.rglob("*.py") if place.is_dir() else [place]:
        path.write_text(_renamed(path.read_text(encoding="utf-8"), package), encoding="utf-8")
    return place


def _renamed(text: str, package: str) -> str:
    """A module's text with what it imports of ours imported from `package`."""
    return IMPORT.sub(rf"\g<1>{package}", text)


def _here(name: str, package: str) -> str:
    return f"{package}.{name.removeprefix(f'{OURS}.')}"


def _pinned(tops: list[str]) -> list[str]:
    """The distributions that names are imported from, at their installed versions; names of none are left out."""
    named: Mapping[str, tuple[str, ...] | list[str]] = DISTRIBUTIONS
    if not named.keys() >= set(tops):
        named = {**packages_distributions(), **DISTRIBUTIONS}
    found = {name for top in tops for name in named.get(top, ())}
    return [f"{name}=={version(name).split('+')[0]}" for name in sorted(found)]
