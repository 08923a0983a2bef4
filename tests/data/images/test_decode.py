"""Every kind of file gives its pixels, and what is none is told in one line."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from src.data.images.decode import decode
from src.data.images.form import Form
from src.data.images.parallel import each
from tests.data.images.pictures import encoded, noise

RGB, L, DEEP = noise(6, 5, 3), noise(6, 5), noise(6, 5).astype(np.uint16) * 200 + 9
ALPHA = np.concatenate([RGB, noise(6, 5, 1, seed=1)], 2)


def by_range(values):
    values = values.astype(float)
    return (values - values.min()) / (values.max() - values.min()) * 255


def palette():
    image = Image.fromarray(L % 7, "P")
    image.putpalette(noise(256, 3).reshape(-1).tolist())
    image.save(file := BytesIO(), "PNG")
    return file.getvalue(), noise(256, 3)[L % 7]


FLOATS = L.astype(np.float32) / 1000 - 3
DECODED = {
    "grey": (encoded(L), L[..., None]),
    "rgb": (encoded(RGB), RGB),
    "rgb that is grey": (encoded(np.repeat(L[..., None], 3, 2)), L[..., None]),
    "bits": (encoded(L > 99), np.where(L > 99, 255, 0)[..., None]),
    "palette": palette(),
    "alpha over black": (encoded(ALPHA), RGB.astype(float) * ALPHA[..., 3:] / 255),
    "grey alpha": (encoded(ALPHA[..., 2:]), ALPHA[..., 2:3] * (ALPHA[..., 3:] / 255.0)),
    "16 bits": (encoded(DEEP), by_range(DEEP)[..., None]),
    "TIFF": (encoded(RGB, "TIFF", compression="tiff_lzw"), RGB),
    "TIFF 16 bits": (encoded(DEEP, "TIFF"), by_range(DEEP)[..., None]),
    "TIFF 32 bits": (encoded(DEEP.astype(np.int32) * 999, "TIFF"), by_range(DEEP)[..., None]),
    "TIFF floats": (encoded(FLOATS, "TIFF"), by_range(FLOATS)[..., None]),
    "BMP": (encoded(RGB, "BMP"), RGB),
    "WebP": (encoded(RGB, "WEBP", lossless=True), RGB),
    "CMYK": (encoded(ALPHA, "TIFF", "CMYK"), np.asarray(Image.fromarray(ALPHA, "CMYK").convert("RGB"))),
    "constant 16 bits": (encoded(np.full((3, 3), 777, np.uint16)), np.zeros((3, 3, 1))),
    "upright": (encoded(RGB, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"), np.rot90(RGB, -1)),
}


@pytest.mark.parametrize("name", DECODED)
def test_every_kind_of_file_gives_its_pixels(name):
    data, expected = DECODED[name]
    np.testing.assert_allclose(decode(data), expected, atol=0.51)


def test_a_jpeg_is_pillows():
    data = encoded(RGB, "JPEG", quality=80)
    np.testing.assert_array_equal(decode(data), np.asarray(Image.open(BytesIO(data))))


def test_grey_of_colour_is_pillows_within_rounding():
    grey = Form(6, "stretch", "grey").bring(np.repeat(RGB, [1, 1, 1, 1, 2], 1))[0]
    expected = np.asarray(Image.fromarray(np.repeat(RGB, [1, 1, 1, 1, 2], 1)).convert("L"))
    assert np.abs(grey.astype(int) - expected).max() <= 1


PNG = encoded(noise(40, 40))
TIFFS = BytesIO()
Image.fromarray(noise(6, 5)).save(TIFFS, "TIFF", save_all=True, append_images=[Image.fromarray(noise(6, 5))])
BOMB = encoded(np.zeros((200, 200), np.uint8))
BROKEN = {
    "truncated": (PNG[:900], "must be a whole image, but got: "),
    "header alone": (PNG[:30], "must be "),
    "text": (b"a note about a film", "must be one of PNG, JPEG, TIFF, BMP, WEBP or DICOM, but got a file that is none"),
    "empty": (b"", "must be one of PNG"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "must be one of PNG"),
    "pages": (TIFFS.getvalue(), "must hold one image, but got 2"),
    "not finite": (encoded(np.full((3, 3), np.nan, np.float32), "TIFF"), "must have finite pixels"),
    "bomb": (BOMB[:16] + (30000).to_bytes(4) + (30000).to_bytes(4) + BOMB[24:], "must "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_image_is_told_in_one_line(name):
    data, rule = BROKEN[name]
    with pytest.raises(ValueError, match=f"^{rule}") as refused:
        each(decode, [data], told="")
    assert "\n" not in str(refused.value)


def test_the_limit_of_pixels_is_pillows(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    assert decode(encoded(noise(6, 5))).shape == (6, 5, 1)
    with pytest.raises(ValueError, match=r"must have at most 30 pixels \(Pillow's limit\), but got"):
        each(decode, [encoded(noise(6, 6))], told="")
