"""The rows that a run is most wrong about."""

from typing import Any

import pandas as pd
from torch import Tensor

from src.artifacts.evaluated import Evaluated

ROWS = 50


def mistakes(told: Evaluated) -> Tensor:
    """Places of rows, the worst first: those decided wrongly by the probability of their class, of a regression all by error."""
    labels = told.found.labels
    if told.task == "regression":
        return (told.found.logits.double() - labels).abs().argsort(descending=True, stable=True)
    wrong = (told.decided != labels).nonzero().squeeze(1)
    return wrong[told.of_label[wrong].argsort(stable=True)]


def mistakes_table(told: Evaluated) -> pd.DataFrame | None:
    """The 50 worst: `row` as in the predictions, `name` if rows have one, `true`, `predicted`, the true class's `probability`
    or the `error`, and `slice_<name>`. None if nothing is wrong.

    What else stands in a row stays where it is: files of a run go to a server, and a patient's record should not.
    """
    worst = mistakes(told)[:ROWS]
    if len(worst) == 0:
        return None
    places, split = worst.tolist(), told.split
    labels = told.found.labels[worst]
    told_of: dict[str, Any] = {"row": places}
    if len(split.names):
        told_of["name"] = [split.names[place] for place in places]
    slices = {f"slice_{name}": [groups[place] for place in places] for name, groups in split.slices.items()}
    if told.task == "regression":
        predicted = told.found.logits[worst]
        told_of |= {"true": labels.numpy(), "predicted": predicted.numpy(), "error": (predicted - labels).numpy()}
    else:
        decided = [told.classes[number] for number in told.decided[worst].tolist()]
        true = [told.classes[number] for number in labels.tolist()]
        told_of |= {"true": true, "predicted": decided, "probability": told.of_label[worst].numpy()}
    return pd.DataFrame(told_of | slices)
