"""What a command tells is told as it is."""

import ast

from rich.table import Table

from src.config.terminal import plain_console
from tests.doors import REPOSITORY


def test_texts_are_no_markup(capsys):
    board = Table("[b]", title="[/_]")
    board.add_row("[a-z]+ :x:")
    console = plain_console()
    console.print(board)
    console.print("a[b]c [/]")
    told = capsys.readouterr().out
    assert all(text in told for text in ("[b]", "[/_]", "[a-z]+ :x:", "a[b]c [/]"))


def test_every_console_that_tells_something_is_plain():
    files = (REPOSITORY / "src").rglob("*.py")
    calls = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    given = [{one.arg for one in call.keywords} for call in calls if getattr(call.func, "id", "") == "Console"]
    assert given
    assert all("quiet" in names or {"markup", "emoji"} <= names for names in given)
