"""A quick lab for each experiment's tests."""

import pytest

from src.claims import Lab


@pytest.fixture
def lab(request, tmp_path, monkeypatch) -> Lab:
    """The lab of the experiment that a test file is named after, in a folder of its own, without MLflow."""
    monkeypatch.chdir(tmp_path)
    return Lab(request.path.stem.removeprefix("test_"), quick=True, overrides=("tracking.enabled=false",))
