"""What can be known of a tracking store before anything is trained: whether it can be there at all."""

from importlib.metadata import entry_points
from pathlib import Path

from src.passwords import masked
from src.tracking.store import SQLITE, check_database, resolve_uri

SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc")


def check_store(configured: str | None) -> None:
    """Raises ValueError for a store that can never be made or written; of a server that does not answer nothing is known."""
    uri = resolve_uri(configured)
    kind = uri.partition(":")[0].partition("+")[0]
    known = (*SCHEMES, *(plugin.name for plugin in entry_points(group="mlflow.tracking_store")))
    if kind not in known:
        raise ValueError(f"tracking.uri: must begin with one of {', '.join(known)}, but got {masked(uri)}.")
    if kind == "sqlite":
        try:
            _check_file(Path(uri.removeprefix(SQLITE)))
        except OSError as error:
            reason = f"{masked(uri)} ({error.strerror})"
            raise ValueError(
                f"tracking.uri: must be a store that can be made and written, but got {reason}."
            ) from error


def _check_file(path: Path) -> None:
    """Raises OSError if the file cannot be made or written, DamagedError if it holds something else than tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.lock").open("a", encoding="utf-8"):  # which whoever makes the tables takes
        pass
    if path.exists():
        with path.open("rb+"):
            check_database(path)
