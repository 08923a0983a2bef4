"""Door: `python -m src.export run=RUN output=model.onnx` writes a run's model as ONNX, checked against the model itself.

`run` is a run (folder name, `<sweep>/<number>` or MLflow id), a sweep, of which the best run is taken (of an ensemble too), or a
folder that MLflow has saved. The file takes preprocessed inputs, float32 with any number of rows, standardises them itself and
gives probabilities, or predictions in the units of the target. Its metadata hold features, classes, threshold and preprocessing.
Of a run with `tta` it is the model of one view, whose threshold and temperature nobody has chosen.
"""

from collections.abc import Sequence
from pathlib import Path

from src.config.command_line import key_values
from src.config.door import enter

KEYS = ("run", "output")


def main() -> None:
    """Read the command line, export, check, write."""
    enter(__doc__, lambda arguments: export(parse(arguments)))


def parse(arguments: Sequence[str]) -> dict[str, str]:
    """`key=value` of each argument; ValueError for what is not known, or what is missing."""
    given = key_values(arguments, KEYS)
    if given.keys() != set(KEYS):
        raise ValueError(f"command line: must name run=... and output=..., but got {' '.join(arguments) or 'nothing'}.")
    return given


def export(given: dict[str, str]) -> None:
    """Write the model and tell what was checked."""
    from src.serving.export import BATCHES, OPSET, export_onnx
    from src.serving.models import find_predictors

    (predictor,) = find_predictors(given["run"], None)
    off = export_onnx(predictor.of_one_view, Path(given["output"]))
    sizes = ", ".join(str(rows) for rows in BATCHES)
    print(f"{given['output']}: opset {OPSET}, within {off:.1g} of the model on batches of {sizes} rows")
    if predictor.views is not None:
        num = predictor.views["num"]
        print(
            f"warning: it makes one view of each image, where the run's figures and threshold are of the mean of {num}"
        )


if __name__ == "__main__":
    main()
