"""Tables that the best run has left, as they are recorded."""

import io
from collections.abc import Collection

import pandas as pd

from src.report.page_data import PageData


def frame_of(material: PageData, name: str, *, texts: Collection[str] | None = None) -> pd.DataFrame | None:
    """The CSV `name`, cells as they are written; with `texts` all but these columns are numbers, NaN where empty.

    None if there are none.
    """
    if material.best is None or name not in material.files:
        return None
    content = io.BytesIO(material.reader.file(material.best, name))
    table = pd.read_csv(content, dtype=str, keep_default_na=False)  # a group may be called NA
    numbers = [] if texts is None else [str(column) for column in table if column not in texts]
    return table.assign(**{column: pd.to_numeric(table[column].mask(table[column] == "")) for column in numbers})
