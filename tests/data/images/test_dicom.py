"""DICOM: every way that pixels are stored comes out as the same image, and nothing else of a file comes out at all."""

import logging
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_voi_lut, apply_windowing
from pydicom.uid import (
    ExplicitVRBigEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from src.data.images import dicom as reading
from src.data.images.decode import decode
from tests.data.images.pictures import SECRETS, dicom, encoded, header, noise

GREY = noise(9, 7).repeat(9, 0).repeat(8, 1)  # codecs want more than noise
DEEP = GREY.astype(np.uint16) * 37 + 5
SHAPE = GREY.shape


def scaled(values):
    """Numbers in 0 to 255 by their own range."""
    values = values.astype(np.float64)
    return (values - values.min()) / (values.max() - values.min()) * 255


@pytest.mark.parametrize("compress", [None, RLELossless, JPEGLSLossless, JPEG2000Lossless], ids=str)
@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8 bits", "16 bits"])
def test_every_codec_gives_the_pixels(compress, pixels):
    found = decode(dicom(pixels, compress=compress))
    assert found.shape == (*SHAPE, 1)
    expected = pixels if pixels.dtype == np.uint8 else scaled(pixels)
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-3)


def test_colour_is_rgb_and_grey_rgb_is_one_channel():
    colour = noise(6, 5, 3)
    np.testing.assert_array_equal(decode(dicom(colour, compress=RLELossless)), colour)
    assert decode(dicom(np.repeat(GREY[..., None], 3, 2))).shape == (*SHAPE, 1)


def test_a_palette_is_applied():
    table = noise(3, 256).astype(np.uint16) * 257
    tags = {}
    for name, entries in zip(("Red", "Green", "Blue"), table, strict=True):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = entries.tobytes()
    found = decode(dicom(GREY, PhotometricInterpretation="PALETTE COLOR", **tags))
    np.testing.assert_allclose(found, scaled(table.T[GREY]), atol=0.5)


@pytest.mark.parametrize("preamble", [True, False])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"])
def test_a_preamble_may_be_missing(syntax, preamble):
    made = header(GREY, syntax)
    made.save_as(file := BytesIO(), enforce_file_format=True)
    data = file.getvalue()[0 if preamble else 132 :]
    np.testing.assert_array_equal(decode(data, "scan.dcm")[..., 0], GREY)


def test_without_any_meta_group_the_encoding_is_found():
    made = header(GREY, "1.2.840.10008.1.2")
    del made.file_meta
    made.save_as(file := BytesIO(), implicit_vr=True, little_endian=True)
    np.testing.assert_array_equal(decode(file.getvalue(), "scan.DCM")[..., 0], GREY)


@pytest.mark.parametrize("tags", [{}, {"WindowCenter": 100, "WindowWidth": 90}])
@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8 bits", "16 bits"])
def test_monochrome1_is_the_inverse(pixels, tags):
    upright = decode(dicom(pixels, **tags)).astype(float)
    inverted = decode(dicom(pixels, PhotometricInterpretation="MONOCHROME1", **tags)).astype(float)
    np.testing.assert_allclose(upright + inverted, 255, atol=1e-3)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID", None])
@pytest.mark.parametrize("width", [400, 1])
def test_windows_are_pydicoms(function, width):
    signed = DEEP.astype(np.int16) - 4000
    tags = {"WindowCenter": [-1500, 7], "WindowWidth": [width, 8], "RescaleSlope": 0.5, "RescaleIntercept": 20}
    if width == 1 and function != "LINEAR":
        tags |= {"WindowWidth": [20, 8]}
    if function:
        tags["VOILUTFunction"] = function
    made = header(signed, **tags)
    windowed = apply_windowing(signed * 0.5 + 20, made)
    low, high = -(2**15) * 0.5 + 20, (2**15 - 1) * 0.5 + 20  # the range that pydicom's windows come to
    expected = (windowed - low) / (high - low) * 255
    np.testing.assert_allclose(decode(dicom(signed, **tags))[..., 0], expected, atol=0.01)


def test_a_table_of_values_is_applied():
    entry = Dataset()
    entry.LUTDescriptor, entry.LUTData = [256, 0, 12], (np.arange(256) ** 2 // 16).astype(np.uint16).tobytes()
    entry["LUTDescriptor"].VR, entry["LUTData"].VR = "US", "OW"
    made = header(GREY, VOILUTSequence=[entry])
    expected = apply_voi_lut(GREY, made) / 4095 * 255
    found = decode(dicom(GREY, VOILUTSequence=[entry], WindowCenter=9, WindowWidth=9))
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-3)
    assert np.ptp(found) > 100


def test_fewer_bits_than_are_stored():
    pixels = (DEEP & 0x0FFF).astype(np.uint16)
    found = decode(dicom(pixels, BitsStored=12, HighBit=11))
    np.testing.assert_allclose(found[..., 0], scaled(pixels), atol=1e-3)


def relabelled(data, syntax):
    """A file whose stream is said to be of another transfer syntax."""
    old = str(RLELossless).encode().ljust(len(str(RLELossless)) + len(RLELossless) % 2, b"\0")
    new = str(syntax).encode()
    new += b"\0" * (len(new) % 2)
    head = data.index(old) - 2
    assert struct.unpack("<H", data[head : head + 2])[0] == len(old)
    data = data[:head] + struct.pack("<H", len(new)) + new + data[head + 2 + len(old) :]
    size = struct.unpack("<I", data[140:144])[0] + len(new) - len(old)
    return data[:140] + struct.pack("<I", size) + data[144:]


@pytest.mark.parametrize(
    ("syntax", "package"),
    [
        (JPEGLosslessSV1, "pylibjpeg-libjpeg"),
        (JPEGLSNearLossless, "pyjpegls"),
        (HTJ2KLossless, "pylibjpeg-openjpeg"),
    ],
)
def test_a_codec_that_is_missing_is_named_with_its_package(syntax, package, monkeypatch):
    from pydicom.pixels.decoders import base

    monkeypatch.setattr(base.Decoder, "is_available", property(lambda self: False))
    with pytest.raises(ValueError, match=f"must have a codec .*{syntax.name[:8]}.*: install the package {package}$"):
        decode(relabelled(dicom(GREY, compress=RLELossless), syntax))


def test_lossless_jpeg_and_12_bits_need_a_package_that_is_not_here():
    with pytest.raises(ValueError, match="install the package pylibjpeg-libjpeg$"):
        decode(relabelled(dicom(GREY, compress=RLELossless), JPEGLosslessSV1))
    with pytest.raises(ValueError, match="install the package pylibjpeg-libjpeg$"):
        decode(relabelled(dicom(DEEP, compress=RLELossless, BitsStored=12, HighBit=11), JPEGExtended12Bit))


WHOLE = dicom(GREY)
BAD = {
    "no image": (WHOLE[: len(WHOLE) - 30], "must hold whole pixels"),
    "cut in the header": (WHOLE[:400], "must hold an image, but got a file without pixels"),
    "no pixels": (dicom(GREY).replace(b"\xe0\x7f\x10\x00OB", b"\xe1\x7f\x10\x00OB"), "must hold an image"),
    "frames": (dicom(noise(3, 9, 7).reshape(27, 7), NumberOfFrames=3), "must hold one frame, but got 3"),
    "not DICOM": (b"nothing of the kind" * 40, "must (hold an image|be a whole DICOM file)"),
    "empty": (b"", "must (hold an image|be a whole DICOM file)"),
    "huge": (dicom(GREY, Rows=60000, Columns=60000), "must have at most 89478485 pixels"),
    "damaged stream": (relabelled(dicom(GREY, compress=RLELossless), JPEG2000Lossless), "must hold whole pixels"),
    "unknown syntax": (
        relabelled(dicom(GREY, compress=RLELossless), "1.2.3.4"),
        "must have a codec that pydicom knows",
    ),
}


@pytest.fixture
def logged():
    """What reaches the root logger, as in the log of a run; pytest's own capture goes to every logger."""

    class Listener(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())

    records, listener, root = list[str](), Listener(), logging.getLogger()
    root.addHandler(listener)
    yield records
    root.removeHandler(listener)


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_line_that_quotes_nothing(name, logged):
    data, rule = BAD[name]
    with pytest.raises(ValueError, match=f"^{rule}") as refused:
        decode(data, "scan.dcm")
    assert logged == []
    assert "\n" not in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)


def test_a_deflated_bomb_is_not_inflated(monkeypatch):
    monkeypatch.setattr(reading, "INFLATED", 2**20)
    begin = dicom(GREY)
    end = 144 + struct.unpack("<I", begin[140:144])[0]
    deflating = zlib.compressobj(wbits=-15)
    bomb = deflating.compress(begin[end:] + bytes(2**23)) + deflating.flush()
    meta = begin[144:end].replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99")
    data = begin[:140] + struct.pack("<I", len(meta)) + meta + bomb
    with pytest.raises(ValueError, match="^must inflate to at most 1048576 bytes, but got more$"):
        decode(data)


def test_of_a_header_only_what_pixels_need_is_read(monkeypatch):
    made = reading._read(WHOLE)
    assert {element.keyword for element in made} <= {*reading.TAGS, "SpecificCharacterSet"}
    assert not any(secret in str(made) for secret in SECRETS)


def test_big_endian():
    made = header(DEEP, ExplicitVRBigEndian)
    made.PixelData = DEEP.astype(">u2").tobytes()
    made.save_as(file := BytesIO(), enforce_file_format=True, implicit_vr=False, little_endian=False)
    np.testing.assert_allclose(decode(file.getvalue())[..., 0], scaled(DEEP), atol=1e-3)


def test_real_films(shared):
    films = {path.name: decode(path.read_bytes()) for path in (shared / "dicom").glob("*.dcm")}
    one, two = films["rsna_monochrome1.dcm"], films["rsna_monochrome2.dcm"]
    np.testing.assert_array_equal(255 - one, two)
    cr = films["cr_monochrome1_jpeg2000.dcm"]
    assert cr.shape == (1955, 1841, 1)
    # Stored values lie in 803 to 26512, the window in 0 to 30000, and the film is inverted.
    assert (float(cr.min()), float(cr.max())) == pytest.approx(
        (255 - 26512 / 29999 * 255, 255 - 803 / 29999 * 255), abs=0.02
    )


def test_a_jpeg_stream_is_what_pillow_reads():
    from PIL import Image
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    stream = encoded(GREY, "JPEG", quality=90)
    made = header(GREY, JPEGBaseline8Bit, PixelData=encapsulate([stream]))
    made["PixelData"].is_undefined_length = True
    made.save_as(file := BytesIO(), enforce_file_format=True)
    np.testing.assert_array_equal(decode(file.getvalue())[..., 0], np.asarray(Image.open(BytesIO(stream))))
