"""DICOM files as pixels. Of a header only what pixels need is read: no name, number or date ever comes into memory.

For the same reason nothing that pydicom says of a file is passed on: its messages quote values.
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from typing import TYPE_CHECKING, Any

from src.data.images.files import AT, MAGIC
from src.data.images.form import by_range
from src.data.images.windows import WINDOWS

if TYPE_CHECKING:
    import numpy as np
    from pydicom import Dataset

# Axes: H and W pixels, C channels.

TAGS = (
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept"),
    *("ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *(
        f"{colour}PaletteColorLookupTable{part}"
        for colour in ("Red", "Green", "Blue")
        for part in ("Descriptor", "Data")
    ),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "FloatPixelData", "DoubleFloatPixelData", "PixelData"),
)
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# Which package decodes what pydicom cannot decode itself, by the part of a transfer syntax's UID behind 1.2.840.10008.1.2.
SYNTAX = "1.2.840.10008.1.2."
PACKAGES = {
    **dict.fromkeys(("4.50", "4.51", "4.57", "4.70"), "pylibjpeg-libjpeg"),
    **dict.fromkeys(("4.80", "4.81"), "pyjpegls"),
    **dict.fromkeys(("4.90", "4.91", "4.201", "4.202", "4.203"), "pylibjpeg-openjpeg"),
}
EXTENDED = SYNTAX + "4.51"  # up to 8 bits of it Pillow can
DEFLATED = SYNTAX + "1.99"
INFLATED = 2**30  # bytes that a deflated file may come to

for library in ("pydicom", "pylibjpeg", "openjpeg"):  # they quote values as they warn
    logging.getLogger(library).addHandler(logging.NullHandler())
    logging.getLogger(library).propagate = False


def decode_dicom(data: bytes) -> np.ndarray:
    """The image (H, W, 1 or 3), uint8 or float32 in 0 to 255, black to white whatever its photometric interpretation.

    Rescaled, then through its first VOI LUT or else its first window (DICOM PS3.3 C.11); without either, more than 8 bits
    are scaled by the image's own range. Raises ValueError with the reason.
    """
    _check_inflated(data)
    header = _read(data)
    frames = int(header.get("NumberOfFrames") or 1)
    if frames != 1:
        raise ValueError(f"must hold one frame, but got {frames}")
    return _shades(header, _stored(header))


def _read(data: bytes) -> Dataset:
    import pydicom
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    from src.data.images.decode import check_area

    try:
        header = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=list(TAGS))
        missing = [tag for tag in ("Rows", "Columns", "PhotometricInterpretation") if not header.get(tag)]
        if missing or not any(tag in header for tag in PIXELS):
            raise ValueError("must hold an image, but got a file without pixels")
        check_area(int(header.Rows) * int(header.Columns))
    except Exception as error:  # whatever a damaged file makes of the parser
        if str(error).startswith("must "):
            raise
        raise ValueError(f"must be a whole DICOM file, but got one that is not ({type(error).__name__})") from None
    if "TransferSyntaxUID" not in header.file_meta:  # without a preamble it may lack the whole group
        implicit, little = header.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return header


def _stored(header: Dataset) -> np.ndarray:
    """Pixels as they are stored, (H, W) or (H, W, 3); YBR comes as RGB."""
    from pydicom.pixels.decoders.base import get_decoder

    uid = header.file_meta.TransferSyntaxUID
    name = uid.name if uid.name != uid else "an unknown transfer syntax"
    package = PACKAGES.get(uid.removeprefix(SYNTAX))
    needs = f"must have a codec that is installed, but got {name}: install the package {package}"
    try:
        available = not uid.is_encapsulated or get_decoder(uid).is_available
    except (NotImplementedError, ValueError):  # of no decoder, or no transfer syntax
        raise ValueError(f"must have a codec that pydicom knows, but got {name}") from None
    if not available and package:
        raise ValueError(needs)
    try:
        return header.pixel_array
    except Exception as error:  # whatever a damaged stream makes of its codec
        if uid == EXTENDED and int(header.get("BitsStored") or 8) > 8:
            raise ValueError(needs) from None
        raise ValueError(f"must hold whole pixels, but got {name} that fails ({type(error).__name__})") from None


def _shades(header: Dataset, stored: np.ndarray) -> np.ndarray:
    import numpy as np
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

    kind = header.PhotometricInterpretation
    try:
        if kind == "PALETTE COLOR":
            stored = apply_color_lut(stored, header)
        if stored.ndim == 3:
            return stored if stored.dtype == np.uint8 else by_range(stored)
        shades = _through_voi(header, apply_modality_lut(stored, header))
    except Exception as error:
        if str(error).startswith("must "):
            raise
        raise ValueError(f"must have whole tables of values, but got others ({type(error).__name__})") from None
    return (255 - shades if kind == "MONOCHROME1" else shades)[..., None]


def _through_voi(header: Dataset, values: np.ndarray) -> np.ndarray:
    """Values of interest (H, W) as 0 to 255."""
    import numpy as np
    from pydicom.pixels.processing import apply_voi

    if tables := header.get("VOILUTSequence"):
        bits = int(tables[0].LUTDescriptor[2])
        return (apply_voi(values, header) * (255.0 / (2**bits - 1))).astype(np.float32)
    centre, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if centre is not None and width is not None:
        window = WINDOWS.get(str(header.get("VOILUTFunction") or "LINEAR").upper(), WINDOWS["LINEAR"])
        return window(values.astype(np.float32), centre, width)
    return values if values.dtype == np.uint8 else by_range(values)


def _first(value: Any) -> float | None:
    """A number, or the first of several."""
    from pydicom.multival import MultiValue

    value = value[0] if isinstance(value, MultiValue) and len(value) else value
    return None if value in (None, "") or isinstance(value, MultiValue) else float(value)


def _check_inflated(data: bytes) -> None:
    """Raises ValueError for a deflated file that would come to more than INFLATED bytes, before anything else inflates it."""
    begin = AT + len(MAGIC) + 12  # behind the length of the group of the transfer syntax, whose element is the first
    if data[AT : AT + len(MAGIC)] != MAGIC or len(data) < begin:
        return
    end = begin + struct.unpack("<I", data[begin - 4 : begin])[0]
    if DEFLATED.encode() not in data[begin:end]:
        return
    inflating, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest = data[end:]
    try:
        while rest and size <= INFLATED:
            size += len(inflating.decompress(rest, 2**20))
            rest = inflating.unconsumed_tail
    except zlib.error:
        raise ValueError("must be a whole DICOM file, but got one that is not (zlib)") from None
    if size > INFLATED:
        raise ValueError(f"must inflate to at most {INFLATED} bytes, but got more")
