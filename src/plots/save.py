"""A figure as a file."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from src.disk import whole_file

log = logging.getLogger(__name__)


def save_figure(draw: Callable[[], Figure | None], path: Path, *, dpi: int = 120, **settings: Any) -> None:
    """What `draw` gives as `path`; None as nothing. One that cannot be drawn costs a warning: numbers do not wait for it."""
    try:
        figure = draw()
        if figure is not None:
            with whole_file(path, flush=False) as part:
                figure.savefig(part, dpi=dpi, format=path.suffix.removeprefix("."), **settings)
    except Exception as error:
        log.warning("%s: is not drawn: %s: %s", path, type(error).__name__, error)
