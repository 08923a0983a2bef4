"""The code that a saved model needs."""

from pathlib import Path

import pytest

from src.data.preprocessing import PREPROCESSORS
from src.serving import package
from src.serving.package import write_package


@pytest.mark.parametrize("kind", PREPROCESSORS)
@pytest.mark.parametrize("target", ["src.models.mlp.MLP", "src.models.tabm.TabM", "src.models.tabular.Tabular"])
def test_what_ours_imports_is_pinned_without_a_look_at_every_distribution(
    target: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    known = package.packages_distributions()
    monkeypatch.setattr(
        package, "packages_distributions", lambda: pytest.fail("it takes as long as saving the weights")
    )
    requirements = {line.partition("==")[0] for line in write_package(tmp_path, target, kind).requirements}
    assert {"psutil", "torch"} <= requirements <= {name for names in known.values() for name in names}
