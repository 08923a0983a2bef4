"""Pages of real runs in a real store, made once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from src.report.__main__ import report
from tests import doors
from tests.once import once

SMALL = ["data=phantom", "data.num_train=300", "data.num_val=100", "data.num_test=120", "epochs=6", "model.widths=[16]"]
COMMANDS = {
    "sweep": ["-m", "+experiment=smoke", "epochs=5", "optimizer.lr=1e-3,1e-2,1e30", "seed=0,1,2"],
    "search": [
        "-m",
        "+experiment=smoke",
        "epochs=4",
        "+search=quick",
        "hydra.sweeper.n_trials=12",
        "hydra.sweeper.retrain=2",
    ],
    "binary": [*SMALL, "calibrate=temperature", "tracking.experiment='sick or <b>healthy</b>'"],
    "folds": ["-m", "data=wine", "data.fold=0,1,2", "epochs=2", "model.widths=[4]", "tracking.experiment=folds"],
    "regression": [
        "data=diabetes",
        "epochs=4",
        "model.dropout=0.1",
        "diagnostics=true",
        "tracking.experiment=regression",
    ],
    "table": [
        *(
            "data=table",
            "data.path=visits.csv",
            "data.target=ill",
            "data.slices=[site,sex]",
            "data.columns.age=numeric",
        ),
        *("epochs=4", "optimizer.lr=3e-2", "model.widths=[8]", "tracking.experiment=table"),
    ],
}


CLAIMS = ["loss_landscape", "backpropagation"]


@dataclass(frozen=True)
class Store:
    """A folder in which runs were trained, and its MLflow store."""

    folder: Path

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlruns/mlflow.db"

    @property
    def sweep(self) -> Path:
        """The folder of the sweep."""
        sweeps = (self.folder / "mlruns" / "sweeps").iterdir()
        (sweep,) = (path for path in sweeps if not path.name.startswith(("smoke-quick", "default", *CLAIMS)))
        return sweep

    def page(self, **given: str) -> Path:
        """Write the page of one subject."""
        name = "-".join("".join(filter(str.isalnum, value)) for value in given.values())
        return report({**given, "uri": self.uri, "output": str(self.folder / "pages" / f"{name}.html")})


def visits() -> pd.DataFrame:
    """Some 400 visits; a site is called <i>B and a column <b>; rows that stand twice are a leak."""
    rng = np.random.default_rng(0)
    age, site, sex = rng.normal(50, 12, 400).round(1), rng.choice(["North", "<i>B"], 400), rng.choice(["f", "m"], 400)
    ill = rng.random(400) < 1 / (1 + np.exp(-(age - 50) / 6 - (sex == "m")))
    frame = pd.DataFrame({"age": age, "site": site, "sex": sex, "<b>": rng.normal(size=400).round(2)})
    return pd.concat([frame.assign(ill=np.where(ill, "yes", "no"))] * 2).iloc[:460]


def train_all(folder: Path) -> None:
    """A sweep, a search, three folds, a run of a binary task, one of a regression and one of a table, two claims."""
    doors.with_store(folder)
    visits().to_csv(folder / "visits.csv", index=False)
    trained = [["src.train", *arguments] for arguments in COMMANDS.values()]
    for arguments in [*trained, *([f"experiments.{claim}", "--quick"] for claim in CLAIMS)]:
        done = doors.run("-m", *arguments, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Where `train_all` has trained."""
    return Store(once(tmp_path_factory, "report", train_all))
