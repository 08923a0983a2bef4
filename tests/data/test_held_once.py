"""What is made of many images beside them is little, whatever their number: they are held once, as they came."""

from tests import doors

MEASURED = """
import re
import torch
from pathlib import Path
torch.set_num_threads(1)

def resident(name):
    return int(re.search(rf"{name}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def beside(call):
    # MiB at the peak of a call, more than before it
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before
"""
DUPLICATES = """
from src.data.dataset import Dataset, Split
from src.data.duplicates import duplicates
def split(num):
    return Split(torch.randint(0, 256, (num, 1, 16, 16), dtype=torch.uint8), torch.arange(num) % 2)
dataset = Dataset("made", "made", "binary", split(60_000), split(4096), split(2), classes=("0", "1"))
print(beside(lambda: list(duplicates(dataset))))
"""
STANDARDIZED = """
from src.data.transforms import Standardize
images = torch.randint(0, 256, (40_000, 1, 28, 28), dtype=torch.uint8)
standardize = Standardize.fit(images, "images")
print(beside(lambda: standardize.of_all(images, torch.float32)))
"""


def measured(code: str, folder) -> float:
    done = doors.run("-c", MEASURED + code, cwd=folder)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_likenesses_of_a_train_of_many_images(tmp_path):
    assert measured(DUPLICATES, tmp_path) < 256  # 2,048 rows of them are 470 MiB


def test_standardised_images_are_held_once(tmp_path):
    assert measured(STANDARDIZED, tmp_path) < 240  # the result, of 120 MiB, and a piece
