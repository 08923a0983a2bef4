"""The lessons of the course run, and show what they say."""

import json

import pytest

from tests.doors import REPOSITORY

LESSONS = sorted((REPOSITORY / "docs" / "course").glob("*.ipynb"))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder for all of them."""
    patch = pytest.MonkeyPatch()
    patch.chdir(tmp_path_factory.mktemp("course"))
    yield
    patch.undo()


def lines(lesson):
    cells = [cell for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in cells]


def run(lesson):
    """The value of the last line of each cell."""
    names, values = {}, []
    for code in lines(lesson):
        *before, last = code.splitlines()
        start = next(place for place in range(len(before), -1, -1) if compiles("\n".join([*before, last][place:])))
        exec("\n".join(before[:start]), names)
        values.append(eval("\n".join([*before, last][start:]).strip(), names))
    return values


def compiles(text):
    try:
        compile(text.strip(), "cell", "eval")
    except SyntaxError:
        return False
    return not text.startswith((" ", ")"))


def test_there_are_twelve():
    assert [int(lesson.name[:2]) for lesson in LESSONS] == list(range(1, 13))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_a_lesson_shows_what_it_says(here, lesson):
    first, answer = run(lesson)
    match lesson.stem[3:]:
        case "perceptron":
            assert first == 1.0
            assert answer < 0.8
        case "activations":
            assert answer < 0.9
        case "layers":
            assert answer == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
        case "loss":
            assert abs(answer[0][0]) > 100 * abs(answer[1][0])
        case "landscape":
            assert max(first) > 0.1 > min(first)
            assert max(answer) < 0.1
        case "gradient_descent":
            assert answer is True
        case "backpropagation":
            assert abs(answer) < 1e-8
        case "overfitting":
            assert answer[0] > answer[1]
        case "dropout_and_early_stopping":
            assert all(stopped - best == 5 for best, stopped, reason in answer if reason == "patience")
        case "learned_features":
            assert first["net"] > first["linear"]
            assert "first_layer.png" in answer
        case _:
            assert len(first if not hasattr(first, "axes") else first.axes) > 0
