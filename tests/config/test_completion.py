"""The tab key, in a real shell."""

import sys
from pathlib import Path

import pexpect
import pytest

from tests.doors import REPOSITORY, environment


@pytest.fixture(scope="module")
def shell():
    """Bash, with the completion, where the python is that of the tests."""
    places = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    names = {**environment(), "PATH": places, "PS1": "> ", "TERM": "dumb"}
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], env=names, cwd=str(REPOSITORY), timeout=120, encoding="utf-8"
    )
    shell.sendline("bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source scripts/completion.bash")
    yield shell
    shell.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("python -m src.train +experiment=smo", "+experiment=smoke"),
        ("python -m src.train -m +experiment=smoke optimizer=nest", "optimizer=nesterov"),
        ("python -m src.train optimizer.weight", "optimizer.weight_decay="),
    ],
)
def test_tab_completes_keys_and_choices(shell, typed, completed):
    shell.sendcontrol("u")
    shell.send(f"{typed}\t")
    shell.expect_exact(completed)
