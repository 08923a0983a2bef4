"""A quick lab for each experiment's tests."""

import pytest

from src.claims import Lab


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the tests of a file train: what one has trained, the others have."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture
def lab(request, folder, monkeypatch) -> Lab:
    """The lab of the experiment that a test file is named after, without MLflow."""
    monkeypatch.chdir(folder)
    return Lab(request.path.stem.removeprefix("test_"), quick=True, overrides=("tracking.enabled=false",))
