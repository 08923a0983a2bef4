"""Whether the files that a number was made with are those of its commit, in a repository of its own."""

import subprocess
from pathlib import Path

import pytest

from src.runs.provenance import git_state


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("src/runs/code.py", "experiments/claim.py", "experiments/README.md", "experiments/results/claim.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")
    return tmp_path


def test_what_a_claim_writes_leaves_the_tree_clean(repository: Path):
    (repository / "experiments" / "results" / "claim.json").write_text("its figures\n")
    (repository / "experiments" / "results" / "claim.png").write_text("a new figure\n")
    (repository / "experiments" / "README.md").write_text("the verdicts\n")
    commit, dirty = git_state(repository / "src" / "runs")
    assert (len(commit), dirty) == (40, "false")


@pytest.mark.parametrize("name", ["src/runs/code.py", "src/new.py", "experiments/claim.py", "Makefile"])
def test_any_other_change_makes_it_dirty(repository: Path, name: str):
    (repository / name).write_text("changed\n")
    assert git_state(repository / "src" / "runs")[1] == "true"


def test_without_a_repository_nothing_is_known(tmp_path: Path):
    assert git_state(tmp_path) == ("unknown", "unknown")
