"""Augmentation of batches: each transform a file, its draws a function of (seed, epoch, row)."""

from src.data.augmentation.augment import Augment

__all__ = ["Augment"]
