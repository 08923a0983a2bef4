"""What a dotted path may name: it is known for its kind before it is called."""

from pathlib import Path

import pytest
from optuna.samplers import BaseSampler, RandomSampler

from src.imports import imported, imported_class, imported_function


@pytest.mark.parametrize("path", ["os.system", "builtins.exec", "posix.system", "subprocess.Popen", "code.interact"])
@pytest.mark.parametrize("find", [imported, imported_function])
def test_nothing_of_pythons_own_library_is_imported(find, path: str):
    with pytest.raises(ValueError, match=rf"^data\._target_: must not be of Python's own library, but got '{path}'"):
        find("data", path)


def test_nor_what_another_module_took_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "lends_system.py").write_text(
        "from functools import partial\nfrom os import system\nfrom sklearn.utils import shuffle\n"
        "part, hidden = partial(shuffle, n_samples=3), partial(system, 'true')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("system", "hidden"):
        with pytest.raises(ValueError, match="must not be of Python's own library"):
            imported("data", f"lends_system.{name}")
    assert imported_function("data", "lends_system.shuffle").__name__ == "shuffle"
    assert callable(imported_function("data", "lends_system.part"))


@pytest.mark.parametrize("path", ["", "x", ".x.y", "..", "no.such.thing", "lends_system.", "mine..read"])
def test_what_does_not_import_is_one_line(path: str):
    with pytest.raises(
        ValueError, match=r"^data\._target_: must be the dotted path of something that imports, but got"
    ):
        imported_function("data", path)


@pytest.mark.parametrize(
    "path", ["torch.load", "pandas.read_pickle", "joblib.load", "torch.hub.load", "yaml.unsafe_load"]
)
def test_a_function_lies_in_a_module_of_ones_own(path: str):
    with pytest.raises(ValueError, match=rf"^data\._target_: must lie in a module of your own, .*, but got '{path}'"):
        imported_function("data", path)
    assert callable(imported_function("data", "sklearn.datasets.load_iris"))


def test_a_class_is_of_its_kind():
    assert imported_class("hydra.sweeper.sampler", "optuna.samplers.RandomSampler", BaseSampler) is RandomSampler
    for path in ("optuna.pruners.NopPruner", "optuna.create_study"):
        rule = rf"^hydra\.sweeper\.sampler\._target_: must be a BaseSampler of optuna, but got '{path}'"
        with pytest.raises(ValueError, match=rule):
            imported_class("hydra.sweeper.sampler", path, BaseSampler)
