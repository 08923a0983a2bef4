"""Images as people hand them over come in as they would in training."""

import base64
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from src.data.images.form import Form
from src.data.preprocessing import Images, restored, stored
from tests.data.images.pictures import dicom, encoded, folder_of, noise, save
from tests.data.images.reading import parts, read

GREY = Images(Form(4, "pad", "grey"), ("ill", "well"))
COLOUR = Images(Form(4, "crop", "rgb"))
FILM = noise(12, 9)


def brought(images, given):
    return images.inputs(images.take(given)).tensor


def test_it_is_stored_and_restored():
    assert restored(stored(GREY)) == GREY
    assert restored(stored(COLOUR)) == COLOUR


def test_a_folder_comes_in_as_in_training(tmp_path):
    root = folder_of(tmp_path / "films", per_class=5, splits=("train", "val", "test"))
    data = read(root, tmp_path / "cache")
    raw = data.intake.read(root)
    found = data.intake.inputs(raw)
    assert (found.faults, list(found.places)) == ({}, list(range(30)))
    for part in parts(data):
        at = [list(raw.names).index(name) for name in part.names]
        assert found.tensor[at].equal(part.inputs)
        assert [raw.labels.written[place] for place in at] == [data.classes[label] for label in part.labels.tolist()]


def test_labels_are_folders_that_are_called_like_classes(tmp_path):
    save(tmp_path / "new" / "someone" / "a.png", FILM)
    assert GREY.read(tmp_path / "new").labels is None
    save(tmp_path / "new" / "ill" / "b.png", FILM)
    assert GREY.read(tmp_path / "new").labels.written == ["ill", None]
    save(tmp_path / "well" / "c.png", FILM)
    assert GREY.read(tmp_path / "well").labels.written == ["well"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="must hold images, but got none"):
        GREY.read(tmp_path / "empty")


def test_a_file_and_a_table_of_files(tmp_path):
    path = save(tmp_path / "a.png", FILM)
    assert GREY.inputs(GREY.read(path)).tensor.equal(brought(GREY, FILM))
    (tmp_path / "new.csv").write_text("file,label\na.png,ill\nnone.png,well\n")
    raw = GREY.read(tmp_path / "new.csv")
    found = GREY.inputs(raw)
    assert (raw.labels.written, list(raw.names), list(found.places)) == (["ill", "well"], ["a.png", "none.png"], [0])
    assert found.faults == {1: "must be readable, but got: No such file or directory"}


@pytest.mark.parametrize("kind", ["path", "bytes", "base64", "data URL"])
@pytest.mark.parametrize("data", [encoded(FILM), dicom(FILM)], ids=["PNG", "DICOM"])
def test_files_however_they_are_given(tmp_path, kind, data):
    path = tmp_path / "film"
    path.write_bytes(data)
    text = base64.b64encode(data).decode()
    given = {
        "path": path,
        "bytes": data,
        "base64": text,
        "data URL": f"data:image/png;base64,{text}",
    }
    one = given[kind]
    expected = brought(GREY, FILM)
    for form in (one, [one], pd.DataFrame({"image": [one]}), np.array([one], dtype=object)):
        assert brought(GREY, form).equal(expected)


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32", "list", "object"])
def test_numbers_of_every_type(kind):
    pixels = noise(3, 12, 9)
    expected = torch.stack([brought(GREY, one)[0] for one in pixels])
    given = {"list": pixels.tolist(), "object": pixels.astype(object)}.get(kind)
    found = brought(GREY, pixels.astype(kind) if given is None else given)
    assert found.shape == (3, 1, 4, 4)
    torch.testing.assert_close(found.float(), expected.float(), atol=0.5, rtol=0)
    assert found.equal(expected) or found.dtype == torch.float32


def test_bits_and_16_bits_are_as_in_files():
    deep = FILM.astype(np.uint16) * 100
    assert brought(GREY, deep).equal(brought(GREY, encoded(deep)))
    assert brought(GREY, FILM > 99).equal(brought(GREY, encoded(FILM > 99)))


@pytest.mark.parametrize("shape", [(5, 3, 4, 4), (5, 48), (5, 4, 4, 3), (5, 3, 8, 8), (5, 8, 8, 3)])
def test_layouts_of_colour(shape):
    pixels = noise(*shape)
    last = pixels.reshape(5, 3, 4, 4).transpose(0, 2, 3, 1) if shape[1:] == (48,) else pixels
    last = pixels.transpose(0, 2, 3, 1) if shape[1] == 3 else last
    expected = torch.stack([brought(COLOUR, encoded(np.ascontiguousarray(one)))[0] for one in last])
    assert brought(COLOUR, pixels).equal(expected)
    assert brought(COLOUR, pixels[0]).equal(expected[:1])


@pytest.mark.parametrize("shape", [(5, 1, 4, 4), (5, 16), (5, 4, 4), (5, 4, 4, 1)])
def test_inputs_of_a_model_pass_as_they_are(shape):
    pixels = noise(*shape)
    assert brought(GREY, pixels).equal(torch.from_numpy(pixels.reshape(5, 1, 4, 4)))
    frame = pd.DataFrame(pixels.reshape(5, 16))
    assert brought(GREY, frame).equal(torch.from_numpy(pixels.reshape(5, 1, 4, 4)))
    floats = pixels.astype(np.float32) + 0.25
    assert brought(GREY, floats).equal(torch.from_numpy(floats.reshape(5, 1, 4, 4)))


def test_faults_are_of_their_rows():
    films = np.stack([FILM.astype(np.float32)] * 3)
    films[1, 2, 2] = np.nan
    found = GREY.inputs(GREY.take(films))
    assert (list(found.places), found.faults) == ([0, 2], {1: "must have finite pixels, but got NaN or infinity"})
    found = GREY.inputs(GREY.take([encoded(FILM), b"none", "no/such/file"]))
    assert list(found.places) == [0]
    assert found.faults[1].startswith("must be one of PNG")
    assert found.faults[2].startswith("must be one of PNG")
    found = GREY.inputs(GREY.take([Path("no/such/file")]))
    assert found.faults[0] == "must be readable, but got: No such file or directory"
    assert GREY.inputs(GREY.take([b"none"])).tensor.shape == (0, 1, 4, 4)


@pytest.mark.parametrize("given", [np.zeros((2, 3, 4, 5, 6)), [[1], [2, 3]], [], np.zeros((0, 4, 4)), {"a": 1}, None])
def test_what_is_no_image_at_all_is_refused(given):
    with pytest.raises(ValueError, match="^input: must be images") as refused:
        GREY.take(given)
    assert "\n" not in str(refused.value)
