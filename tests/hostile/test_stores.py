"""A tracking store that can never be made ends the run before it trains, in one line, and nothing of it is left."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from src.disk import DamagedError
from src.sync import sync
from src.tracking.events import Note
from src.tracking.patient_writer import PatientWriter
from src.tracking.possible import check_store
from src.tracking.reading import Reader
from src.tracking.store import connect
from tests import doors
from tests.tracking.records import begun, following, leave, single

BAD = {
    "sqlite:////proc/x.db": "must be a store that can be made and written, but got sqlite:////proc/x.db (",
    "sqlite:///mine.py/x.db": "must be a store that can be made and written, but got ",
    "sqlite:///.": "must be a store that can be made and written, but got ",
    "ftp://me:secret@host/x": "must begin with one of sqlite, http, ",
    "file:///tmp/mlruns": "must begin with one of sqlite, http, ",
    "mlruns": "must begin with one of sqlite, http, ",
    "${oc.env:NOT_THERE}": "must be given by the environment as before",
}


@pytest.mark.parametrize("uri", BAD)
def test_a_store_that_can_never_be_is_known_of(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("import this\n")
    with pytest.raises(ValueError, match=r"^tracking\.uri: ") as refused:
        check_store(uri)
    assert BAD[uri] in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)
    assert (tmp_path / "mine.py").read_text() == "import this\n"


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "of text": lambda whole: b"import this\n" * 400,
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[: len(whole) // 3],
    "its head alone": lambda whole: whole[:100],
    "zeroed": lambda whole: whole[:4096] + bytes(len(whole) - 4096),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_store_is_named_by_all_who_open_it(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    uri, said = "sqlite:///mlflow.db", list[str | Note]()
    job = single(tmp_path, uri)
    leave(job, (1, 2))
    path = Path(shutil.copy(doors.empty_store(), tmp_path))
    path.write_bytes(DAMAGED[how](path.read_bytes()))
    line = re.compile(
        rf"^{path}: must be a whole SQLite database, but got .*; move it away, and `python -m src.sync --again`"
    )
    for opened in (lambda: check_store(uri), lambda: connect(uri), lambda: Reader(uri)):
        with pytest.raises(DamagedError, match=line):
            opened()
    (told,) = sync([job.folder])
    assert line.match(told)
    writer = PatientWriter(following(job.folder, uri), said.append)
    writer.add(begun(job))
    assert not writer.write()
    assert not writer.write()
    assert len(said) == 1
    assert line.match(str(said[0]))
    path.unlink()
    assert sync([job.folder], again=True) == []


@pytest.mark.parametrize("uri", ["sqlite:///new/mlflow.db", "http://me@127.0.0.1:9", "postgresql+psycopg://h/db"])
def test_one_that_may_be_is_not_refused(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    check_store(uri)


@pytest.mark.parametrize("kind", [(), ("-m", "seed=0,1")], ids=["run", "grid"])
def test_it_ends_the_run_before_training(tmp_path: Path, kind: tuple[str, ...]):
    done = doors.run("-m", "src.train", *kind, "+experiment=smoke", "tracking.uri=sqlite:////proc/x.db", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr.startswith("error: tracking.uri: must be a store that can be made and written, but got sqlite:")
    assert not list((tmp_path / "mlruns").rglob("*.yaml"))
    assert not list((tmp_path / "mlruns").rglob("history.csv"))
