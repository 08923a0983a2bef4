"""All that is done to the images of a batch, in its order."""

from dataclasses import dataclass, fields, replace
from typing import Any

from torch import Tensor

from src.data.augmentation.affine import moved
from src.data.augmentation.blur import blurred
from src.data.augmentation.cutout import cut_out
from src.data.augmentation.exposure import exposed, regraded
from src.data.augmentation.noise import noisy
from src.data.augmentation.pixels import Strength, is_on


@dataclass(frozen=True)
class Augment:
    """Strengths, each a number or one for each image (B,); what is 0 costs nothing and leaves every bit.

    Of a move: largest `shift` as a share of the side, `rotation` in degrees, `scale` as a share, `flip` the chance to mirror
    left-right. `blur`: largest sd in pixels. Of exposure: largest change of log2 `gamma`, of `contrast` as a share, of
    `brightness` as a share of the range of pixels, from 0 to `white`. `noise`: its sd as a share of that range. `cutout`: side
    of a square as a share of the image's. `mixup`: alpha of the Beta distribution of shares; whoever makes the batches blends.
    """

    shift: Strength = 0.0
    rotation: Strength = 0.0
    scale: Strength = 0.0
    flip: Strength = 0.0
    blur: Strength = 0.0
    gamma: Strength = 0.0
    contrast: Strength = 0.0
    brightness: Strength = 0.0
    noise: Strength = 0.0
    cutout: Strength = 0.0
    mixup: Strength = 0.0
    white: float = 255.0  # of uint8 pixels

    @property
    def strengths(self) -> dict[str, Strength]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "white"}

    @property
    def mixes(self) -> bool:
        """Whether examples are blended."""
        return is_on(self.mixup)

    @property
    def changes_images(self) -> bool:
        """Whether an image is changed by itself."""
        return is_on(*(strength for name, strength in self.strengths.items() if name != "mixup"))

    def repeated(self, times: int) -> "Augment":
        """Each image's strength for `times` images in turn."""
        each = {name: value for name, value in self.strengths.items() if isinstance(value, Tensor)}
        repeated: dict[str, Any] = {name: value.repeat_interleave(times) for name, value in each.items()}
        return replace(self, **repeated)

    def __call__(self, images: Tensor, rows: Tensor) -> Tensor:
        """`images` (B, C, H, W), pixels as floats, changed by the draws of `rows` (B,), the keys of (seed, epoch, row).

        As a film comes about: the patient moves, the optics blur, the film is exposed, noise is added, values stay in their
        range; then a square is hidden.
        """
        if is_on(self.shift, self.rotation, self.scale, self.flip):
            images = moved(images, rows, shift=self.shift, rotation=self.rotation, scale=self.scale, flip=self.flip)
        if is_on(self.blur):
            images = blurred(images, rows, self.blur)
        if is_on(self.gamma):
            images = regraded(images, rows, self.gamma, white=self.white)
        if is_on(self.contrast, self.brightness):
            images = exposed(images, rows, contrast=self.contrast, brightness=self.brightness, white=self.white)
        if is_on(self.noise):
            images = noisy(images, rows, self.noise, white=self.white)
        if is_on(self.gamma, self.contrast, self.brightness, self.noise):
            images = images.clamp(0.0, self.white)
        return cut_out(images, rows, self.cutout) if is_on(self.cutout) else images
