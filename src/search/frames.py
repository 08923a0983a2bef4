"""The trials of a study as a table."""

from pathlib import Path

import optuna
import pandas as pd

from src import runs
from src.runs.files import MULTIRUN
from src.search.storage import answering, open_storage

COLUMNS = ("number", "value", "params", "state", "datetime_start", "duration", "user_attrs")


def trials_frame(folder: Path) -> pd.DataFrame:
    """A row for each trial of the search in `folder`, in the columns that Optuna's own table has.

    ValueError where its database does not answer.
    """
    url = runs.read_yaml(folder / MULTIRUN)["hydra"]["sweeper"]["storage"]
    with answering():
        storage = open_storage(url, folder, folder.name)
        try:
            frame: pd.DataFrame = optuna.load_study(study_name=folder.name, storage=storage).trials_dataframe(COLUMNS)
            return frame
        finally:
            storage.close()
