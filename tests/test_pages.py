"""The pictures of `docs/` are small, are shown, and are those that the script makes."""

import re

import pytest
from PIL import Image

from scripts.screenshots import DOCS, SHOTS
from tests.doors import REPOSITORY

SHOWN = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_picture_is_there_small_and_shown(shot):
    path = DOCS / f"{shot.name}.png"
    assert path.stat().st_size < 200_000
    with Image.open(path) as picture:
        assert picture.height == shot.size[1]
    assert path.name in SHOWN.findall((DOCS / "pages.md").read_text(encoding="utf-8"))


def test_the_pictures_are_less_than_a_megabyte_together():
    assert sum((DOCS / f"{shot.name}.png").stat().st_size for shot in SHOTS) < 1_000_000


def test_every_picture_that_a_page_shows_is_there():
    for page in (REPOSITORY / "README.md", *DOCS.glob("*.md")):
        for place in SHOWN.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / place).is_file(), f"{page}: {place}"
