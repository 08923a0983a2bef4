"""A project's folder that was moved: the store in it is told where the artifacts lie now."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def follow_project(store: Path, project: Path) -> None:
    """Let the SQLite file `store` of `project` point into it; where the project lay is noted beside the store."""
    note = store.with_name(f"{store.name}.project")
    before = os.fsdecode(note.read_bytes()) if note.is_file() else str(project)
    if before != str(project):
        with closing(sqlite3.connect(store, timeout=20)) as database, database:
            for old, new in ((Path(before).as_uri(), project.as_uri()), (before, str(project))):
                _replace(database, f"{old}/", f"{new}/")
    if before != str(project) or not note.is_file():
        note.write_bytes(os.fsencode(project))


def _replace(database: sqlite3.Connection, old: str, new: str) -> None:
    for table, column in COLUMNS:
        moved = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"
        database.execute(moved, (new, len(old) + 1, len(old), old))
