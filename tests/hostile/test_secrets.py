"""What is secret is in nothing that is left, sent or printed: passwords in URIs, and what the environment gives."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from src import runs
from src.config.composition import compose_run
from src.config.loading import load_kept
from src.passwords import without_passwords
from tests import doors
from tests.doors import empty_store

PASSWORD, GIVEN = "correcthorse", "batterystaple"
QUICK = ("--config-dir", "conf", "+experiment=mine", "data=code", "data._target_=mine.read", "+data.rows=60")
LITERAL = f"+data.url='https://me:{PASSWORD}@host.example/x?token={PASSWORD}'"
WRITTEN = "+data.key=${oc.env:PLANTED_KEY}"
TAG = f"tracking.tags.url=ftp://me:{PASSWORD}@host"
STORE = "tracking.uri=${oc.env:PLANTED_STORE}"
PLANTED = (
    *(LITERAL, WRITTEN, "tracking.run_name=${oc.env:PLANTED_KEY}"),
    *("tracking.tags.key=${oc.env:PLANTED_KEY}", TAG),
)
FILE = f"""# @package _global_
epochs: 1
model: {{widths: [2]}}
data: {{mirror: 'https://me:{PASSWORD}@mirror.example/x', again: '${{oc.env:PLANTED_KEY}}'}}
tracking: {{tags: {{again: '${{data.again}}'}}}}
"""
NET = ("model._target_=mine.Net", "+model.key=${oc.env:PLANTED_KEY}")
MINE = """
import numpy as np
from torch import nn

class Net(nn.Module):
    def __init__(self, num_features, num_outputs, key, **others):
        super().__init__()
        assert key == "batterystaple", key
        self.layer = nn.Linear(num_features, num_outputs)

    def forward(self, x):
        return self.layer(x)

def read(rows, url, key, mirror, again):
    assert "correcthorse@" in url and "correcthorse@" in mirror and key == again == "batterystaple"
    draws = np.random.default_rng(0)
    return draws.normal(size=(rows, 3)), draws.integers(0, 2, rows)
"""


@pytest.fixture
def here(project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a reader and an experiment that have both secrets, and a store whose place the environment gives."""
    (project / "mine.py").write_text(MINE)
    (project / "conf" / "experiment").mkdir(parents=True)
    (project / "conf" / "experiment" / "mine.yaml").write_text(FILE)
    store = project / "elsewhere.db"
    (place := tmp_path_factory.mktemp(GIVEN)).joinpath("store.db").symlink_to(store)
    shutil.copy(empty_store(), store)
    monkeypatch.setenv("PLANTED_KEY", GIVEN)
    monkeypatch.setenv("PLANTED_STORE", f"sqlite:///{place}/store.db")
    return project


def leaks(folder: Path, printed: str) -> Iterator[str]:
    """Where a secret stands: in files and their names, in rows of databases, in what was printed."""
    secrets = (PASSWORD, GIVEN)
    for path in sorted(folder.rglob("*")):
        text = str(path.relative_to(folder))
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as database:
                text += "\n".join(database.iterdump())
        elif path.is_file() and path.name not in ("mine.py", "mine.cpython-311.pyc", "mine.yaml"):
            text += path.read_bytes().decode("latin-1")
        if found := [secret for secret in secrets if secret in text]:
            yield f"{path.relative_to(folder)}: {found}"
    yield from (line for line in printed.splitlines() if any(secret in line for secret in secrets))


def command(here: Path, *arguments: str) -> str:
    done = doors.run("-m", "src.train", *arguments, *QUICK, cwd=here)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "kind",
    [
        (),
        ("-m", "seed=0,1"),
        ("-m", "hydra/launcher=basic"),
        ("-m", "hydra/sweeper=optuna", "seed=choice(0,1,2)", "hydra.sweeper.n_trials=2", "hydra.sweeper.retrain=0"),
    ],
    ids=["run", "grid", "basic", "search"],
)
def test_no_secret_is_left_sent_or_printed(here: Path, kind: tuple[str, ...]):
    printed = command(here, *kind, *PLANTED, STORE, *(() if kind else NET))
    if "hydra/sweeper=optuna" in kind:
        printed += command(here, *kind, *PLANTED, STORE)  # goes on
    if not kind:
        assert "are not all there" not in printed
    assert list(leaks(here, printed)) == []
    text = "\n".join(path.read_text() for path in here.rglob("config.yaml"))
    for kept in ("https://me:***@host.example/x?token=***", "https://me:***@mirror.example/x"):
        assert kept in text
    assert text.count("${oc.env:PLANTED_KEY}") >= 3


def test_what_was_not_kept_is_asked_for_in_one_line(here: Path):
    """To go on with a run, and to send it, its secrets come from where they came from, or are given again."""
    dead = f"tracking.uri=http://me:{PASSWORD}@127.0.0.1:9"
    printed = command(here, *PLANTED, dead, "hydra.run.dir=mlruns/runs/mine")
    assert printed.count("MLflow at http://me:***@127.0.0.1:9 cannot be reached") == 1
    (folder := here / "mlruns" / "runs" / "mine").joinpath("results.json").unlink()
    lacking = doors.run("-m", "src.train", "resume=mine", dead, cwd=here)
    assert re.fullmatch("error: data.url: must be given again, since its password is not kept, .*\n", lacking.stderr)
    given = doors.run("-m", "src.train", "resume=mine", LITERAL, dead, TAG, cwd=here)
    assert given.returncode == 0, given.stderr
    unsent = doors.run("-m", "src.sync", cwd=here)
    assert unsent.returncode == 1
    assert "uri: must be given again, by MLFLOW_TRACKING_URI or --uri, since its password is not kept" in unsent.stderr
    sent = doors.run("-m", "src.sync", "--uri", "sqlite:///elsewhere.db", cwd=here)
    assert sent.returncode == 0, sent.stderr
    every = (lacking, given, unsent, sent)
    assert list(leaks(here, printed + "".join(done.stdout + done.stderr for done in every))) == []
    assert runs.read_json(folder / "mlflow.json")["complete"] == "FINISHED"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql://me:pa/ss@h/db", "postgresql://me:***@h/db"),
        ("a http://u:p@h:1/x, b", "a http://u:***@h:1/x, b"),
        ("https://ghp_token@host/x", "https://***@host/x"),
        ("https://bucket.host/x?X-Amz-Signature=abc&part=1", "https://bucket.host/x?X-Amz-Signature=***&part=1"),
        ("postgresql://host/db?user=me&password=p", "postgresql://host/db?user=me&password=***"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("http://host:5000/#/experiments/1?token_count=3", "http://host:5000/#/experiments/1?token_count=3"),
    ],
)
def test_a_password_is_starred_out_wherever_it_stands(text: str, kept: str):
    assert without_passwords(text) == kept == without_passwords(kept)


@pytest.mark.parametrize("text", [f"https://me:{PASSWORD}@host", "https://me:${oc.env:PLANTED_KEY}@host"])
def test_a_model_is_given_no_password_that_it_could_not_be_built_with_again(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLANTED_KEY", GIVEN)
    monkeypatch.setenv("PLANTED_URL", f"https://me:{PASSWORD}@host")
    own = "model._target_=torch.nn.Linear"
    with pytest.raises(
        ValueError, match=r"^model\.key\.1: must come whole from the environment .* but got https://me:\*"
    ):
        compose_run(own, f"+model.key=[a,'{text}']")
    run = compose_run(own, "+model.key=[a,'${oc.env:PLANTED_URL}']")
    assert run.kept()["model"]["key"] == ["a", "${oc.env:PLANTED_URL}"]
    assert load_kept(run.kept()).model == run.model


def test_a_storage_whose_server_is_not_there_is_told_without_its_password(here: Path):
    storage = f"hydra.sweeper.storage=postgresql://me:{PASSWORD}@127.0.0.1:9/db"
    search = ("-m", "hydra/sweeper=optuna", "seed=choice(0,1)", "hydra.sweeper.n_trials=1", storage)
    done = doors.run("-m", "src.train", *search, *PLANTED, STORE, *QUICK, cwd=here)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "error: hydra.sweeper.storage: must be the URL of a database that answers" in done.stderr
    assert list(leaks(here, done.stdout + done.stderr)) == []
