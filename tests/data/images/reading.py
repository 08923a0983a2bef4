"""A folder of images as the configuration reads it."""

import yaml

from src.data.reading import read_dataset
from tests.doors import REPOSITORY


def read(root, cache, **keys):
    """The data of `data=images data.root=...`, as the configuration has it."""
    values = yaml.safe_load((REPOSITORY / "conf" / "data" / "images.yaml").read_text())
    return read_dataset({**values, "root": root and str(root), "cache": str(cache), "size": 4, **keys})


def parts(data):
    return [data.train, data.val, data.test]


def equal(one, other):
    return one.digest == other.digest and all(
        a.inputs.equal(b.inputs) and a.labels.equal(b.labels) for a, b in zip(parts(one), parts(other), strict=True)
    )
