"""Images and the keys of their rows that the tests of every transform share."""

import torch

from src.randomness import Purpose, fold, key

IMAGES = (torch.rand(40, 1, 12, 12, generator=torch.Generator().manual_seed(0)) * 255).double()
ROWS = fold(key(3, Purpose.AUGMENTATION, 5), torch.arange(40))
MANY = fold(key(0, Purpose.AUGMENTATION, 0), torch.arange(20_000))
