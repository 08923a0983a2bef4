"""What a start leaves before it has begun is known for that, whichever part of it is there."""

from pathlib import Path

import pytest

from src.runs import beginning


@pytest.mark.parametrize("name", sorted(beginning.NOTHING_YET))
def test_what_marks_a_folder_goes_again(tmp_path: Path, name: str):
    folder = tmp_path / "folder"
    for place in (folder, folder / "0"):
        place.mkdir()
        (place / name).mkdir() if name == beginning.HYDRAS else (place / name).touch()
    assert beginning.is_marked(folder)
    beginning.clear(folder)
    assert not folder.exists()


def test_what_a_person_put_there_stays(tmp_path: Path):
    for name in (".hydra", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").touch()
    (tmp_path / ".hydra" / "config.yaml").touch()
    beginning.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [".hydra", "notes.txt", "notes.txt"]
