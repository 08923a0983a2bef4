"""Door: `python -m src.predict run=RUN input=new.csv output=predictions.csv` predicts each row with a trained model.

`run` is a run (folder name, `<sweep>/<number>` or MLflow id), a sweep, or a folder that MLflow has saved; of a sweep `top=10`
averages the ten best runs and adds their spread, `run=RUN,RUN` these; decisions are by the first's threshold. The sweep of an
ensemble stands for the mean of its members, with the threshold that was chosen for it. `input` is a
table, a folder of images or an image, as the model knows them. `output` ends in .csv, .parquet or .json (.jsonl); without it the
predictions are written to stdout as CSV. Where the input has labels too, what the predictions are worth is told with 95 %
intervals; several runs that are asked without an input tell this of the rows of val and test that they have recorded.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from src.config.command_line import key_values
from src.config.door import enter
from src.config.terminal import plain_console

KEYS = ("run", "input", "output", "top")


def main() -> None:
    """Read the command line, predict, write."""
    enter(__doc__, lambda arguments: predict(parse(arguments)))


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """`key=value` of each argument; ValueError for what is not known, or what is missing."""
    given = key_values(arguments, KEYS)
    if "run" not in given or ("output" in given and "input" not in given):
        raise _incomplete(arguments)
    top = given.get("top", "1")
    if not top.isdigit() or int(top) < 1:
        raise ValueError(f"top: must be how many runs are averaged, 1 or more, but got {top!r}.")
    return given


def predict(given: dict[str, str]) -> None:
    """Predict the rows of `input`, write them, tell what could not be read and how good the predictions are."""
    from src.runs.ensemble import ensemble_table, recorded_ensemble
    from src.serving.models import find_ensemble, find_folders
    from src.serving.predict import check_place, evaluation, predict_file, tell_faults, write_frame

    top = int(given["top"]) if "top" in given else None
    if "input" not in given:
        if len(folders := find_folders(given["run"], top)) == 1 and top is None:
            raise _incomplete([f"run={given['run']}"])
        plain_console().print(ensemble_table(recorded_ensemble(folders)))
        return
    path, output = Path(given["input"]), Path(given["output"]) if "output" in given else None
    if output is not None:
        check_place(output, path)
    models = find_ensemble(given["run"], top)
    predicted = predict_file(models, path)
    aside = plain_console(stderr=True)
    tell_faults(predicted, models[0], aside)
    if output is None:
        predicted.frame.to_csv(sys.stdout, index=False)
    else:
        write_frame(predicted.frame, output)
        print(output)
    if (table := evaluation(predicted, models[0], path.name)) is not None:
        (aside if output is None else plain_console()).print(table)


def _incomplete(arguments: Sequence[str]) -> ValueError:
    return ValueError(f"command line: must name run=... and input=..., but got {' '.join(arguments) or 'nothing'}.")


if __name__ == "__main__":
    main()
