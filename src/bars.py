"""How far something is: a bar above what is told, and a place below a notebook's cell where it is drawn anew."""

import io
import sys
import uuid

from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table

WIDTH = 100
STYLE = "<pre style='line-height:1.3;font-family:monospace'>{code}</pre>"


def is_notebook() -> bool:
    """Whether what is shown is shown by a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def below_bar(done: float, total: float, shown: RenderableType) -> RenderableType:
    """A bar for the whole, and under it what is `shown`."""
    grid = Table.grid()
    grid.add_row(ProgressBar(total=total, completed=done, width=60))
    grid.add_row(shown)
    return grid


class Place:
    """Shows one thing at a time."""

    def __init__(self) -> None:
        self._id: str | None = None

    def show(self, thing: RenderableType) -> None:
        """In the place of what was shown before."""
        from IPython.display import display

        console = Console(
            record=True,
            file=io.StringIO(),
            width=WIDTH,
            force_jupyter=False,
            force_terminal=True,
            markup=False,
            emoji=False,
        )
        console.print(thing)
        page, text = console.export_html(code_format=STYLE, inline_styles=True, clear=False), console.export_text()
        update, self._id = self._id is not None, self._id or uuid.uuid4().hex
        display({"text/html": page, "text/plain": text}, raw=True, display_id=self._id, update=update)
