"""The data of what is to be trained, read before the engines are imported: what is wrong with them is told at once."""

from src.config.schema import Run
from src.config.terminal import plain_console
from src.data.reading import LastRead
from src.runs.announcement import tell_data


def first_read(run: Run) -> LastRead:
    """Has the data of `run`, and has said what was found in them; raises what is wrong with them."""
    data = LastRead(tell_data(plain_console()))
    data.read(run.data)
    return data
