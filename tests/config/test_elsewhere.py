"""What users of lightning-hydra-template type works, or is refused in a line that names what does the same here."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from src.config.composition import compose_run, composed_values
from src.config.elsewhere import HERE, here
from src.config.leaves import leaves
from src.config.messages import explain
from tests import doors
from tests.doors import REPOSITORY

BRIDGES = (REPOSITORY / "docs" / "bridges.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `python src/train\.py ?(.*?)` \| `(.*?)` \|$", re.MULTILINE)
TYPED = dict(ROW.findall(BRIDGES))


def refusal(*overrides: str) -> str | None:
    """The line for what cannot be composed."""
    try:
        compose_run("data=digits", *overrides)
    except (ValueError, HydraException, OmegaConfBaseException) as error:
        return explain(error)
    return None


def test_the_table_has_what_is_typed_there():
    assert len(TYPED) > 50


@pytest.mark.parametrize("there", TYPED)
def test_what_is_typed_there_works_or_is_refused_with_what_is_typed_here(there: str):
    words = [word for word in shlex.split(there) if word != "-m" and "glob(" not in word]
    for word in words:
        said = refusal(word if "[" in word else word.partition(",")[0])  # of a sweep the first
        assert said is None or "must be a known key" not in said or "new_param" in word, said


@pytest.mark.parametrize(
    "override", ["lr=0.1", "+lr=0.1", "model.optimizer.lr=1", "+model.optimizer.lr=1", "debug=fdr"]
)
def test_a_key_of_another_tool_is_refused_however_it_is_typed(override: str):
    key = override.lstrip("+").partition("=")[0]
    said = refusal(override)
    assert said is not None
    assert said.startswith(f"{key}: must be left out ({here(key)}), but got ") or key == "model.optimizer.lr"
    assert "optimizer.lr" in said or key == "debug"


@pytest.mark.parametrize("override", ["experiment=smoke", "+experiment=smoke", "+trainer.gradient_clip_val=0.5"])
def test_a_plus_makes_no_difference_where_only_one_thing_can_be_meant(override: str):
    other = override.removeprefix("+") if override.startswith("+") else f"+{override}"
    assert compose_run(override) == compose_run(other)


def test_a_launcher_that_is_not_installed_has_its_counterpart_named():
    said = refusal("hydra/launcher=nothing")
    assert said is not None
    assert "must be one of basic, stacked (hydra.launcher.workers=N trains in N processes" in said.replace(
        "joblib, ", ""
    )


def test_no_key_of_ours_is_told_as_anothers():
    ours = {key for key, _ in leaves(composed_values())}
    blocks = {key.rpartition(".")[0] for key in ours}
    assert not (ours | blocks) & HERE.keys()


def test_a_module_of_a_users_own_may_take_any_argument():
    run = compose_run("model._target_=tests.models.mine.Net", "+model.lr=0.5", "+model.optimizer.lr=0.5")
    assert run.model["lr"] == 0.5


def test_what_is_named_here_is_a_key():
    """As far as it is told as KEY=VALUE."""
    known = {key for key, _ in leaves(composed_values())} | {"data.path", "data.root", "data.val_fraction"}
    for said in HERE.values():
        for key in re.findall(r"\b((?:optimizer|trainer|tracking|schedule|model)\.[a-z_]+)", said):
            assert key in known, said


def test_a_run_goes_on_with_its_experiment_however_that_is_typed(tmp_path: Path):
    small = ("data=moons", "epochs=1", "model.widths=[4]", "tracking.enabled=false")

    def train(*argv: str) -> "subprocess.CompletedProcess[str]":
        return doors.run("-m", "src.train", *argv, cwd=tmp_path)

    assert train("+experiment=smoke", *small, "hydra.run.dir=mlruns/runs/a").returncode == 0
    again = train("resume=a", "experiment=smoke")
    assert (again.returncode, again.stderr) == (0, "")
    other = train("resume=a", "experiment=digits")
    assert other.stderr == "error: experiment: must be chosen once (a run that goes on keeps it), but got digits too.\n"
