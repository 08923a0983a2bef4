"""One file as pixels: what Pillow reads, and DICOM."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from src.data.images.files import is_dicom
from src.data.images.form import by_range

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

# Axes: H and W pixels, C channels.

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
DEEP = ("I", "F")  # how Pillow's modes of more than 8 bits begin; of 16-bit RGB it reads the upper 8


def decode(data: bytes, name: str = "") -> np.ndarray:
    """The image that the file `name` of these bytes holds, (H, W, 1 or 3), uint8 or float32 in 0 to 255.

    Grey stored as RGB has one channel. Upright as EXIF has it, what is transparent over black, more than 8 bits scaled by
    the image's own range (of DICOM by its window). Raises ValueError with the reason, naming no file and quoting nothing
    of a header.
    """
    from src.data.images.dicom import decode_dicom

    pixels = decode_dicom(data) if is_dicom(name, data) else _opened(data)
    return pixels[..., :1] if pixels.shape[2] == 3 and _is_grey(pixels) else pixels


def check_area(num_pixels: int) -> None:
    """Raises ValueError for an image that is too large to be one."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and num_pixels > limit:
        raise ValueError(f"must have at most {limit} pixels (Pillow's limit), but got {num_pixels}")


def _opened(data: bytes) -> np.ndarray:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            check_area(image.width * image.height)
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":  # a photograph's JPEG, with previews behind it
                raise ValueError(f"must hold one image, but got {frames}")
            return _pixels(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise ValueError(f"must be one of {', '.join(FORMATS)} or DICOM, but got a file that is none") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"must have at most {Image.MAX_IMAGE_PIXELS} pixels (Pillow's limit), but got more") from None
    except Exception as error:  # whatever a damaged file makes of Pillow's plugins
        if str(error).startswith("must "):
            raise
        reason = " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
        raise ValueError(f"must be a whole image, but got: {reason}") from None


def _pixels(image: Image.Image) -> np.ndarray:
    import numpy as np
    from PIL import Image

    if image.mode.startswith(DEEP):
        return by_range(np.asarray(image))[..., None]
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
