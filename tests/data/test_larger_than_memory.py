"""A run on more pixels than it may hold: they stay in the file."""

import json

from tests import doors

NUM_IMAGES, SIZE = 100_000, 224
BOUND = 128  # MiB that a run may hold beside its code, whatever its data
READER = f'''
import numpy as np
import torch
from src.data.dataset import Dataset, Split
from src.data.images.pixel_file import PixelFile, mapped


def read(*, path):
    """{NUM_IMAGES} images of {SIZE} px, 5 GB, which are black but for the first of each 100."""
    with PixelFile(path, ({NUM_IMAGES}, 1, {SIZE}, {SIZE})) as file:
        for place in range(0, {NUM_IMAGES}, 100):
            file.write(place, np.full((1, 1, {SIZE}, {SIZE}), place % 255, np.uint8))
    pixels, labels = torch.from_numpy(mapped(path)), torch.arange({NUM_IMAGES}) % 2
    parts = [Split(pixels[part], labels[part]) for part in (slice(0, 98000), slice(98000, 99000), slice(99000, None))]
    return Dataset("black", "black", "binary", *parts, classes=("a", "b"), content="black")
'''
TRAIN = """
import ctypes, json, re, sys, threading
from pathlib import Path

# glibc keeps what was freed for blocks of up to 32 MiB, 130 to 280 MiB more by luck, however many images there are. A
# fixed threshold (M_MMAP_THRESHOLD, 64 KiB) gives each back at once: what is left is what the run holds.
ctypes.CDLL(None).mallopt(-3, 2**16)

sys.path.insert(0, ".")
from black import read
from rich.console import Console

from src.config.composition import compose_run
from src.engines.single.engine import fit_best
from src.runs.outcome import evaluate_run


def held():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def watch():
    while not done.wait(0.005):
        peak.append(held())


keys = ["model.widths=[8]", "epochs=1", "batch_size=64", "test=true", "data.standardize=images"]
run = compose_run(*keys, "trainer.limit_train_batches=20")
dataset = read(path=Path("pixels.npy"))
before, peak, done = held(), [0.0], threading.Event()
watching = threading.Thread(target=watch)
watching.start()
folder = Path("run")
folder.mkdir()
trained = fit_best(run, dataset, folder, console=Console(quiet=True), on_epoch=lambda row: True)
evaluate_run(run, folder, trained)
done.set()
watching.join()
Path("told.json").write_text(json.dumps({"before": before, "peak": max(peak)}))
"""


def test_what_a_run_holds_does_not_grow_with_its_images(tmp_path):
    (tmp_path / "black.py").write_text(READER)
    done = doors.run("-c", TRAIN, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    pixels = NUM_IMAGES * SIZE * SIZE / 2**20
    assert pixels > 37 * BOUND
    assert told["peak"] - told["before"] < BOUND
