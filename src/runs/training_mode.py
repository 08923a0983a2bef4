"""Why the training loss of a run may lie above that on val: what is on as it trains, and off as it is evaluated."""

from collections.abc import Mapping
from typing import Any

TRAIN_LOSS = "it is the mean over an epoch in which the weights change"
AVERAGED = "val sees averaged weights"


def why_above_val(settings: Mapping[str, Any]) -> str:
    """One sentence; `settings`: every key of the run in full, say `model.dropout`, with its value."""
    known = _on(settings)
    listed = " and ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))
    reasons = [TRAIN_LOSS, *([f"it has {listed}, which val has not"] if known else [])]
    return f"Train may lie above val: {'; '.join([*reasons, *([AVERAGED] if settings.get('ema') else [])])}."


def _on(settings: Mapping[str, Any]) -> list[str]:
    """What makes training harder than what val asks."""
    moved = any(value for key, value in settings.items() if key.startswith("augment.") and key != "augment.mixup")
    is_on = {
        "dropout": settings.get("model.dropout"),
        "augmentation": moved,
        "mixup": settings.get("augment.mixup"),
        "label noise": settings.get("data.label_noise") and settings.get("data.val_from") != "train",
    }
    return [name for name, holds in is_on.items() if holds]
