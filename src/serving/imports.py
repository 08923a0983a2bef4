"""What a module's code imports, told from its text."""

import ast
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
OURS = SOURCE.name  # what our package is called here


def imported_names(path: Path, *, eager: bool = False) -> Iterator[str]:
    """The dotted names that a file imports, but for the eyes of a type checker; `eager`: those as it is imported itself."""
    yield from _of_node(ast.parse(path.read_text(encoding="utf-8")), eager)


def needed(start: Collection[str], unused: Collection[str]) -> dict[str, Path]:
    """The files of our modules that those of `start` import, by dotted name, packages and what they import among them.

    Of modules in `unused` no function is to be called, so what only these import is left out.
    """
    found: dict[str, Path] = {}
    to_do = list(start)
    while to_do:
        name = to_do.pop()
        parent, _, _ = name.rpartition(".")
        path = _file(name)
        if name in found or path is None:
            continue
        found[name] = path
        to_do += [parent] if parent != OURS else []
        to_do += [one for one in imported_names(path, eager=name in unused) if is_ours(one)]
    return found


def is_ours(name: str) -> bool:
    """Whether a dotted name is one of our package's."""
    return name.startswith(f"{OURS}.")


def libraries(paths: Collection[Path]) -> list[str]:
    """The top names of what files import that is neither ours nor Python's, in order."""
    tops = {name.partition(".")[0] for path in paths for name in imported_names(path)}
    return sorted(tops - sys.stdlib_module_names - {OURS})


def _file(name: str) -> Path | None:
    """Of a module or package of ours; None where the name is that of a thing in one."""
    place = SOURCE.joinpath(*name.split(".")[1:])
    return next((path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()), None)


def _of_node(node: ast.AST, eager: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if eager and isinstance(child, ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _of_node(child, eager)
