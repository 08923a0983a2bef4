"""Why train may lie above val, by the settings of a run as they are composed."""

import pytest

from src.config.composition import compose_run
from src.config.leaves import leaves
from src.runs.training_mode import why_above_val

ALWAYS = "Train may lie above val: it is the mean over an epoch in which the weights change"
NOISY = ("data=modified", "data@data.source=moons", "data.label_noise=0.4")


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ((), ""),
        (("augment.flip=0",), ""),
        (("model.dropout=0.2",), "; it has dropout, which val has not"),
        (("augment=affine",), "; it has augmentation, which val has not"),
        (("augment=mixup",), "; it has mixup, which val has not"),
        (("model=tabular", "data=wine"), "; it has dropout, which val has not"),
        (
            ("model.dropout=0.2", "augment=affine", "augment.mixup=0.2"),
            "; it has dropout, augmentation and mixup, which val has not",
        ),
        (("ema=0.99",), "; val sees averaged weights"),
        (NOISY, "; it has label noise, which val has not"),
        ((*NOISY, "data.val_from=train"), ""),
    ],
)
def test_the_reasons_are_those_of_the_settings(overrides, reason):
    assert why_above_val(dict(leaves(compose_run(*overrides).plain()))) == f"{ALWAYS}{reason}."
