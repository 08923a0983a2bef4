"""Damaged files of every kind: pixels, or one line that says nothing of a patient; the others are read all the same."""

import warnings
from functools import cache
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless

from src.data.images.decode import decode
from src.data.images.form import Form
from src.data.preprocessing.images import Images
from src.data.raw import Raw
from tests.data.images.pictures import SECRETS, encoded, header, noise

DICOM = {"dcm": ExplicitVRLittleEndian, "jls": JPEGLSLossless, "j2k": JPEG2000Lossless}
KINDS = ["PNG", "JPEG", "TIFF", "BMP", "WEBP", *DICOM]


@cache
def whole(kind: str) -> bytes:
    pixels = noise(48, 40)
    if kind not in DICOM:
        return encoded(pixels, kind)
    of, file = header(pixels), BytesIO()
    if DICOM[kind] != ExplicitVRLittleEndian:
        of.compress(DICOM[kind])
    of.save_as(file, enforce_file_format=True)
    return file.getvalue()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(whole(draw(st.sampled_from(KINDS))))
    for _ in range(draw(st.integers(1, 4))):
        place, size = draw(st.integers(0, len(data) - 1)), draw(st.integers(1, 40))
        how = draw(st.sampled_from(["cut", "zero", "flip", "repeat", "noise"]))
        part = data[place : place + size]
        data[place : place + size] = {
            "cut": b"",
            "zero": bytes(len(part)),
            "flip": bytes(byte ^ 0xFF for byte in part),
            "repeat": part * 2,
            "noise": draw(st.binary(min_size=1, max_size=8)),
        }[how]
        if draw(st.booleans()):
            data = data[: max(1, draw(st.integers(1, len(data) or 1)))]
        if not data:
            break
    return bytes(data)


FUZZ = settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@FUZZ
@given(damaged())
def test_what_is_no_image_is_a_line_without_a_secret(data: bytes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's of the damage
        try:
            pixels = decode(data)
        except ValueError as error:
            told = str(error)
            assert "\n" not in told
            assert told.startswith("must ")
            assert not any(secret in told for secret in SECRETS)
        else:
            assert pixels.ndim == 3
            assert pixels.shape[2] in (1, 3)
            assert np.isfinite(pixels).all()
            assert 0 <= pixels.min() <= pixels.max() <= 255


@settings(FUZZ, max_examples=30)
@given(st.lists(damaged(), min_size=1, max_size=3))
def test_the_others_are_read(files: list[bytes]):
    intake = Images(Form(8, "pad", "grey"), ("ill", "well"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = intake.inputs(
            Raw([whole("PNG"), *files, whole("dcm")], [str(place) for place in range(len(files) + 2)])
        )
    assert {*found.places, *found.faults} == {*range(len(files) + 2)}
    assert {0, len(files) + 1} <= {*found.places}
    alone = intake.inputs(Raw([whole("PNG")], ["0"]))
    assert found.tensor[0].equal(alone.tensor[0])


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged_files_are_read(kind: str):
    assert decode(whole(kind)).shape[:2] == (48, 40)
