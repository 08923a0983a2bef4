"""How runs get into MLflow: into a database in bulk, to a server by requests side by side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import uuid4

from src.tracking.artifacts import log_folder
from src.tracking.events import now
from src.tracking.store import connect

BATCH = 1000  # metrics in one request, MLflow's limit
PARAMS = 100
REQUESTS = 8  # at once
MANY = 500  # ids in one question to a database
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class NewRun:
    """A run that MLflow is to have."""

    name: str
    params: Mapping[str, str]
    tags: Mapping[str, str]


class KnownRun(NamedTuple):
    """A run that MLflow has and that goes on, with what is to be added to it."""

    run_id: str
    params: Mapping[str, str]
    tags: Mapping[str, str]


class Row(NamedTuple):
    """Values of several curves of a run at one step; MLflow gets all or none of them. `at` in ms."""

    run_id: str
    step: int
    values: Mapping[str, float]
    at: int


class EndedRun(NamedTuple):
    """How a run ended; `folder` holds its files."""

    run_id: str
    status: str
    tags: Mapping[str, str]
    folder: Path


class RunWriter(Protocol):
    """Where runs are written."""

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        """Runs that are RUNNING; their ids."""

    def reopen(self, known: Sequence[KnownRun]) -> dict[str, int]:
        """Set runs back to RUNNING; the last epoch that MLflow has of each, where it has one."""

    def log(self, rows: Sequence[Row]) -> None:
        """Add to the curves; a row that is there already stays as it is."""

    def end(self, ends: Sequence[EndedRun]) -> None:
        """Close runs, with their files."""

    def send_files(self, run_id: str, folder: Path) -> None:
        """The files that a run has now."""


def run_writer(uri: str) -> RunWriter:
    """The fastest way to write runs to `uri`."""
    return DatabaseWriter(uri) if uri.startswith("sqlite:") else ServerWriter(uri)


class DatabaseWriter:
    """MLflow's own tables, written in bulk: 500 runs one request at a time would take longer than their training."""

    def __init__(self, uri: str) -> None:
        self._client = connect(uri)
        self._store: Any = self._client._tracking_client.store

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        from mlflow.store.tracking.dbmodels.models import SqlParam, SqlRun, SqlTag
        from mlflow.utils.uri import append_to_uri_path

        location = self._store.get_experiment(experiment_id).artifact_location
        ids, same = [uuid4().hex for _ in new], _columns_of_new(experiment_id)
        places = [append_to_uri_path(location, run_id, "artifacts") for run_id in ids]
        rows = [(run_id, run.name, place, *same.values()) for run_id, run, place in zip(ids, new, places, strict=True)]
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlRun, ("run_uuid", "name", "artifact_uri", *same), rows)
            _insert(session, SqlParam, NAMED, _named(zip(ids, (run.params for run in new), strict=True)))
            _insert(session, SqlTag, NAMED, _named(zip(ids, (run.tags for run in new), strict=True)))
        return ids

    def reopen(self, known: Sequence[KnownRun]) -> dict[str, int]:
        from mlflow.store.tracking.dbmodels.models import SqlMetric, SqlParam, SqlRun, SqlTag
        from sqlalchemy import func, select, update

        last: dict[str, int] = {}
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlParam, NAMED, _named((run.run_id, run.params) for run in known))
            _insert(session, SqlTag, NAMED, _named((run.run_id, run.tags) for run in known), update=("value",))
            for ids in _chunks([run.run_id for run in known], MANY):
                session.execute(update(SqlRun).where(SqlRun.run_uuid.in_(ids)).values(status="RUNNING", end_time=None))
                curve = select(SqlMetric.run_uuid, func.max(SqlMetric.step)).where(
                    SqlMetric.run_uuid.in_(ids), SqlMetric.key == "train/loss"
                )
                last |= {run_id: int(step) for run_id, step in session.execute(curve.group_by(SqlMetric.run_uuid))}
        return last

    def log(self, rows: Sequence[Row]) -> None:
        from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric

        points = []
        for run_id, step, values, at in rows:
            for key, given in values.items():
                is_nan, value = self._store.sanitize_metric_value(given)
                points.append((run_id, key, value, at, step, is_nan))
        latest = {point[:2]: point for point in points}
        columns = ("run_uuid", "key", "value", "timestamp", "step", "is_nan")
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlMetric, columns, points)
            _insert(session, SqlLatestMetric, columns, list(latest.values()), update=columns[2:])

    def end(self, ends: Sequence[EndedRun]) -> None:
        from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
        from sqlalchemy import bindparam, select, update

        closed = update(SqlRun.__table__).where(SqlRun.__table__.c.run_uuid == bindparam("its_id"))
        rows = [{"its_id": end.run_id, "its_status": end.status} for end in ends]
        with self._store.ManagedSessionMaker(read_only=True) as session:
            places: dict[str, str] = {}
            for some in _chunks(ends, MANY):
                place: Any = select(SqlRun.run_uuid, SqlRun.artifact_uri)
                found = session.execute(place.where(SqlRun.run_uuid.in_([end.run_id for end in some])))
                places |= dict(found.all())
        for end in ends:
            log_folder(self._client, end.run_id, end.folder, places[end.run_id])
        with self._store.ManagedSessionMaker(read_only=False) as session:
            _insert(session, SqlTag, NAMED, _named((end.run_id, end.tags) for end in ends), update=("value",))
            session.execute(closed.values(status=bindparam("its_status"), end_time=now()), rows)

    def send_files(self, run_id: str, folder: Path) -> None:
        log_folder(self._client, run_id, folder)


class ServerWriter:
    """MLflow's client, for servers and any other store: several requests at once, and files are uploaded."""

    def __init__(self, uri: str) -> None:
        self._client = connect(uri)

    def create(self, experiment_id: str, new: Sequence[NewRun]) -> list[str]:
        def create(run: NewRun) -> str:
            run_id = str(self._client.create_run(experiment_id, run_name=run.name, tags=dict(run.tags)).info.run_id)
            self._add_params(run_id, run.params)
            return run_id

        return _each(create, new)

    def reopen(self, known: Sequence[KnownRun]) -> dict[str, int]:
        from mlflow.entities import RunTag

        def reopen(run: KnownRun) -> int:
            self._client.update_run(run.run_id, status="RUNNING")
            self._add_params(run.run_id, run.params)
            self._client.log_batch(run.run_id, tags=[RunTag(key, value) for key, value in run.tags.items()])
            curve = self._client.get_metric_history(run.run_id, "train/loss")
            return max((metric.step for metric in curve), default=0)

        return dict(zip((run.run_id for run in known), _each(reopen, known), strict=True))

    def log(self, rows: Sequence[Row]) -> None:
        from mlflow.entities import Metric

        def log(rows: Sequence[Row]) -> None:
            points = [Metric(key, value, row.at, row.step) for row in rows for key, value in row.values.items()]
            self._client.log_batch(rows[0].run_id, metrics=points)

        of_run: dict[str, list[Row]] = {}
        for row in rows:
            of_run.setdefault(row.run_id, []).append(row)
        _each(log, [batch for rows in of_run.values() for batch in _chunks(rows, BATCH // _widest(rows))])

    def end(self, ends: Sequence[EndedRun]) -> None:
        from mlflow.entities import RunTag

        def close(end: EndedRun) -> None:
            self._client.log_batch(end.run_id, tags=[RunTag(key, value) for key, value in end.tags.items()])
            self.send_files(end.run_id, end.folder)
            self._client.set_terminated(end.run_id, status=end.status)

        _each(close, ends)

    def send_files(self, run_id: str, folder: Path) -> None:
        log_folder(self._client, run_id, folder)

    def _add_params(self, run_id: str, params: Mapping[str, str]) -> None:
        from mlflow.entities import Param

        for chunk in _chunks([Param(key, value) for key, value in params.items()], PARAMS):
            self._client.log_batch(run_id, params=chunk)


NAMED = ("run_uuid", "key", "value")  # columns of parameters and of tags


def _columns_of_new(experiment_id: str) -> dict[str, Any]:
    made_by = {"source_type": "LOCAL", "source_name": "src.train", "entry_point_name": "", "user_id": ""}
    state = {"status": "RUNNING", "start_time": now(), "source_version": "", "lifecycle_stage": "active"}
    return {**made_by, **state, "experiment_id": int(experiment_id)}


def _named(of_runs: Iterable[tuple[str, Mapping[str, str]]]) -> list[tuple[Any, ...]]:
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


def _each(call: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    with ThreadPoolExecutor(REQUESTS) as pool:
        return list(pool.map(call, items))


def _widest(rows: Sequence[Row]) -> int:
    return max(1, *(len(row.values) for row in rows))


def _chunks(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
