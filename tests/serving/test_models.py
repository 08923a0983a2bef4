"""Which models are asked: of a sweep those that its leaderboard names."""

from pathlib import Path

import pytest

from src.serving.models import find_predictors


@pytest.mark.parametrize("content", [b"", b"x\n", bytes(50)])
def test_a_damaged_leaderboard_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "leaderboard.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"leaderboard\.csv: must be whole, but got"):
        find_predictors(str(tmp_path), None)
