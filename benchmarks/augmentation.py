"""Seconds that each strength of augmentation adds to an epoch: batches of 64 made from 4,708 images of 28x28 and of 224x224.

Command: python -m benchmarks.augmentation    (on the CPU, one thread; of 224x224 a part is made and multiplied)
Processor time, the least of seven epochs, round after round in turn. Nothing is trained.
"""

import time

import torch

from src.data.augmentation import Augment
from src.data.batches import TrainBatches
from src.data.dataset import Split
from src.data.transforms import Standardize

ROUNDS, BATCH, EPOCH = 7, 64, 4708
ROWS = {28: EPOCH, 224: 5 * BATCH}  # by side
STRENGTHS = {
    "none": Augment(),
    "affine": Augment(shift=0.1, rotation=10.0, scale=0.1),
    "blur 1": Augment(blur=1.0),
    "gamma": Augment(gamma=0.3),
    "contrast": Augment(contrast=0.2),
    "brightness": Augment(brightness=0.1),
    "noise": Augment(noise=0.02),
    "cutout": Augment(cutout=0.25),
    "mixup": Augment(mixup=0.2),
    "radiograph": Augment(shift=0.1, rotation=10.0, scale=0.1, gamma=0.3, contrast=0.2, brightness=0.1, noise=0.02),
}


def main() -> None:
    """Print a table."""
    torch.set_num_threads(1)
    costs = {side: measured(side) for side in ROWS}
    print(f"{'':12}" + "".join(f"{side:>8}x{side}" for side in costs))
    for name in STRENGTHS:
        shown = (of[name] - (of["none"] if name != "none" else 0.0) for of in costs.values())
        print(
            f"{name:12}"
            + "".join(f"{seconds:{len(f'{side}') + 9}.3f}" for side, seconds in zip(costs, shown, strict=True))
        )


def measured(side: int) -> dict[str, float]:
    """Seconds of an epoch, by strength."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (ROWS[side], 1, side, side), generator=generator, dtype=torch.uint8)
    split, scale = Split(images, torch.zeros(len(images))), Standardize.fit(images[:64], "features")
    batches = {
        name: TrainBatches(split, scale, augment, batch_size=BATCH, seed=0) for name, augment in STRENGTHS.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in batches}
    for _ in range(ROUNDS):
        for name, epoch in batches.items():
            begun = time.process_time()
            for _ in epoch:
                pass
            seconds[name].append(time.process_time() - begun)
    return {name: min(of_name) * EPOCH / ROWS[side] for name, of_name in seconds.items()}


if __name__ == "__main__":
    main()
