"""The records of many runs at once: in a database a transaction for all of them, on a server requests side by side."""

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from src.tracking.store import connect
from src.tracking.tracker import log_folder

BATCH = 1000  # metrics in one request, MLflow's limit
PARAMS = 100
REQUESTS = 8  # at once


@dataclass(frozen=True)
class NewRun:
    """A run that MLflow is to have; `artifact_uri` is where its files lie already, which only a database can be told."""

    name: str
    params: dict[str, str]
    tags: dict[str, str]
    artifact_uri: str


class Point(NamedTuple):
    """One value of one curve."""

    run_id: str
    key: str
    value: float
    step: int
    timestamp: int  # ms


@dataclass(frozen=True)
class End:
    """How a run ended."""

    run_id: str
    status: str
    tags: dict[str, str]
    folder: Path


class Many(Protocol):
    """Where the records of many runs go."""

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        """Runs that are RUNNING, with parameters and tags; their ids."""

    def reopen(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Set runs that are known back to RUNNING; the last step that MLflow has of each."""

    def log(self, points: Sequence[Point]) -> None:
        """Add to the curves."""

    def end(self, ends: Sequence[End]) -> None:
        """Close runs."""


def many_runs(uri: str) -> Many:
    """The fastest way to write runs to `uri`."""
    return Database(uri) if uri.startswith("sqlite:") else Client(uri)


class Database:
    """MLflow's own tables, written in bulk: 500 runs one request at a time would take longer than their training."""

    def __init__(self, uri: str) -> None:
        self._store: Any = connect(uri)._tracking_client.store

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        from mlflow.store.tracking.dbmodels.models import SqlParam, SqlRun, SqlTag

        ids, now = [uuid4().hex for _ in new], _now()
        same: dict[str, Any] = {
            "source_type": "LOCAL",
            "source_name": "src.train",
            "entry_point_name": "",
            "user_id": "",
        }
        same |= {"status": "RUNNING", "start_time": now, "source_version": "", "lifecycle_stage": "active"}
        same |= {"experiment_id": int(experiment_id)}
        rows = [(run_id, run.name, run.artifact_uri, *same.values()) for run_id, run in zip(ids, new, strict=True)]
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlRun, ("run_uuid", "name", "artifact_uri", *same), rows)
            for table, name in ((SqlParam, "params"), (SqlTag, "tags")):
                named = _named(zip(ids, (getattr(run, name) for run in new), strict=True))
                _insert(session, table, NAMED, named)
        return ids

    def reopen(self, run_ids: Sequence[str]) -> dict[str, int]:
        from mlflow.store.tracking.dbmodels.models import SqlMetric, SqlRun
        from sqlalchemy import func, select, update

        last: dict[str, int] = {}
        with self._store.ManagedSessionMaker(read_only=False) as session:
            for ids in _chunks(run_ids, 500):
                session.execute(update(SqlRun).where(SqlRun.run_uuid.in_(ids)).values(status="RUNNING", end_time=None))
                curve = select(SqlMetric.run_uuid, func.max(SqlMetric.step)).where(
                    SqlMetric.run_uuid.in_(ids), SqlMetric.key == "train/loss"
                )
                last |= {run_id: int(step) for run_id, step in session.execute(curve.group_by(SqlMetric.run_uuid))}
        return last

    def log(self, points: Sequence[Point]) -> None:
        from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric

        rows = []
        for run_id, key, given, step, timestamp in points:
            is_nan, value = self._store.sanitize_metric_value(given)
            rows.append((run_id, key, value, timestamp, step, is_nan))
        latest = {row[:2]: row for row in rows}
        columns = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlMetric, columns, rows)
            _insert(session, SqlLatestMetric, columns, list(latest.values()), update=columns[2:])

    def end(self, ends: Sequence[End]) -> None:
        from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
        from sqlalchemy import bindparam, update

        now = _now()
        rows = [{"its_id": end.run_id, "its_status": end.status} for end in ends]
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlTag, NAMED, _named((end.run_id, end.tags) for end in ends), update=("value",))
            if rows:
                closed = update(SqlRun.__table__).where(SqlRun.__table__.c.run_uuid == bindparam("its_id"))
                session.execute(closed.values(status=bindparam("its_status"), end_time=now), rows)


class Client:
    """MLflow's client, for servers and any other store: several requests at once, and files are uploaded."""

    def __init__(self, uri: str) -> None:
        self._client = connect(uri)

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        from mlflow.entities import Param

        def create(run: NewRun) -> str:
            run_id = str(self._client.create_run(experiment_id, run_name=run.name, tags=run.tags).info.run_id)
            for chunk in _chunks([Param(key, value) for key, value in run.params.items()], PARAMS):
                self._client.log_batch(run_id, params=chunk)
            return run_id

        return self._each(create, new)

    def reopen(self, run_ids: Sequence[str]) -> dict[str, int]:
        def reopen(run_id: str) -> int:
            self._client.update_run(run_id, status="RUNNING")
            return max((metric.step for metric in self._client.get_metric_history(run_id, "train/loss")), default=0)

        return dict(zip(run_ids, self._each(reopen, run_ids), strict=True))

    def log(self, points: Sequence[Point]) -> None:
        from mlflow.entities import Metric

        of_run: dict[str, list[Any]] = {}
        for point in points:
            of_run.setdefault(point.run_id, []).append(Metric(point.key, point.value, point.timestamp, point.step))
        batches = [(run_id, chunk) for run_id, metrics in of_run.items() for chunk in _chunks(metrics, BATCH)]
        self._each(lambda batch: self._client.log_batch(batch[0], metrics=batch[1]), batches)

    def end(self, ends: Sequence[End]) -> None:
        from mlflow.entities import RunTag

        def close(end: End) -> None:
            self._client.log_batch(end.run_id, tags=[RunTag(key, value) for key, value in end.tags.items()])
            log_folder(self._client, end.run_id, end.folder)
            self._client.set_terminated(end.run_id, status=end.status)

        self._each(close, ends)

    def _each(self, call: Any, items: Sequence[Any]) -> list[Any]:
        with ThreadPoolExecutor(REQUESTS) as pool:
            return list(pool.map(call, items))


NAMED = ("run_uuid", "key", "value")  # columns of parameters and of tags


def _named(of_runs: Iterable[tuple[str, dict[str, str]]]) -> list[tuple[Any, ...]]:
    return [(run_id, key, value) for run_id, named in of_runs for key, value in named.items()]


def _insert(
    session: Any, table: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], update: Sequence[str] = ()
) -> None:
    """Insert what is not there; of what is, set the columns of `update` anew.

    As text, past SQLAlchemy's work on each row: a third of the time.
    """
    if not rows:
        return
    known = ", ".join(column.name for column in table.__table__.primary_key)
    news = ", ".join(f"{name} = excluded.{name}" for name in update)
    conflict = f"({known}) DO UPDATE SET {news}" if update else "DO NOTHING"
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT {conflict}"
    session.connection().exec_driver_sql(insert, list(rows))


def _chunks(items: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _now() -> int:
    return int(time.time() * 1000)
