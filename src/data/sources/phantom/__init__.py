"""Simulated chest radiographs: an analytic thorax, attenuation along rays, a noisy film."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from src.data.dataset import Dataset
from src.data.source import source
from src.fields import Count, Place, Positive, Seed, Share


@source
def phantom(
    *,
    size: Annotated[int, Field(ge=28, le=224)],
    num_train: Count,
    num_val: Count,
    num_test: Count,
    prevalence: Share,
    difficulty: Positive,
    seed: Seed,
    cache: Place,
) -> Dataset:
    """Simulated chest radiographs, healthy (0) and sick (1), uint8 (N, 1, size, size).

    Patient and noise of a row are a pure function of (seed, split, row) and the same at every size; each split holds
    round(N * prevalence) sick. `difficulty` divides the opacities' contrast. The result is kept under `cache` and read
    from there the next time. Raises ValueError naming the argument that breaks its rule.
    """
    from src.data.sources.phantom.reader import read

    numbers = {"train": num_train, "val": num_val, "test": num_test}
    return read(size, numbers, prevalence, difficulty, seed, Path(cache))
