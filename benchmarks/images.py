"""First and second start on a folder of images, beside what imports take, and how many cores decoding uses.

    python -m benchmarks.images root=FOLDER copies=5000 size=64

`root` holds images in a folder for each class (with splits or without); copies of them fill a folder of `copies` images.
"""

import os
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import torch  # noqa: F401 - not to be counted

from src.config.composition import compose_run
from src.data.images.labelled import by_folder
from src.data.images.parallel import num_cores
from src.data.reading import read_dataset


def main(root: str, copies: str = "5000", size: str = "64") -> None:
    """Print a line for each start."""
    source = by_folder(Path(root))
    with TemporaryDirectory() as scratch:
        films = Path(scratch) / "films"
        pairs = islice(cycle(zip(source.names, source.labels, strict=True)), int(copies))
        for place, (name, label) in enumerate(pairs):
            (films / label).mkdir(parents=True, exist_ok=True)
            # A byte behind the image makes each a content of its own, as real files are.
            copy = films / label / f"{place}{Path(name).suffix}"
            copyfile(Path(root) / name, copy)
            with copy.open("ab") as file:
                file.write(str(place).encode())
        run = compose_run("data=images", f"data.root={films}", f"data.size={size}", f"data.cache={scratch}/cache")
        for start in ("first", "second"):
            began, cpu = time.perf_counter(), sum(os.times()[:4])
            dataset = read_dataset(run.data)
            seconds, used = time.perf_counter() - began, sum(os.times()[:4]) - cpu
            print(f"{start} start: {seconds:.2f} s, {used / seconds:.2f} of {num_cores()} cores; {dataset.source}")


if __name__ == "__main__":
    main(**dict(argument.split("=", 1) for argument in sys.argv[1:]))
