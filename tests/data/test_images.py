"""Images of a user's own: folders, tables, classes, splits, broken files, and that nothing is a traceback."""

import numpy as np
import pytest
import torch
from PIL import Image

from src.config.composition import compose_run
from src.data.images import decoder
from src.data.images.decode import decode
from src.data.images.files import find
from src.runs.identity import Identity
from tests.data.images.pictures import SECRETS, dicom, encoded, folder_of, noise, save
from tests.data.images.reading import equal, parts, read


def test_splits_are_those_of_folders(tmp_path):
    root = folder_of(tmp_path / "films", splits=("training", "valid", "Test"))
    data = read(root, tmp_path / "cache")
    assert data.classes == ("ill", "well")
    for split, part in zip(("training", "valid", "Test"), parts(data), strict=True):
        assert all(name.startswith(f"{split}/") for name in part.names)
        assert part.labels.tolist() == [0] * 6 + [1] * 6
        for name, image in zip(part.names, part.inputs, strict=True):
            expected = np.asarray(Image.open(root / name).reduce(3)).astype(int)
            assert np.abs(image[0].numpy().astype(int) - expected).max() <= 1
    assert (
        "films, 36 images, 4x4 grey; binary (ill 18, well 18; positive: well); train 12, val 12, test 12"
        in data.description
    )


def test_val_is_drawn_of_train_where_there_is_none(tmp_path):
    data = read(folder_of(tmp_path / "films", per_class=10, splits=("train", "test")), tmp_path / "cache")
    assert [len(part) for part in parts(data)] == [16, 4, 20]
    assert all(name.startswith("train/") for name in data.val.names)


def test_classes_alone_are_divided_and_positive_is_one(tmp_path):
    root = folder_of(tmp_path / "films", per_class=20)
    data = read(root, tmp_path / "cache", positive="ill")
    assert data.classes == ("well", "ill")
    for part in parts(data):
        assert part.labels.tolist() == [int(name.startswith("ill/")) for name in part.names]
    assert sorted(name for part in parts(data) for name in part.names) == find(root).names
    with pytest.raises(ValueError, match="data.positive: must be one of two classes, ill, well, but got 'sick'"):
        read(root, tmp_path / "cache", positive="sick")


def test_patients_stay_together(tmp_path):
    root = folder_of(tmp_path / "films", per_class=30)
    for name in find(root).names:  # three films of each person
        number = int(name.split("person")[1].split("_")[0])
        (root / name).rename(root / name.replace(f"person{number}_", f"person{number // 3}_{number}-"))
    data = read(root, tmp_path / "cache", group_pattern=r"person(\d+)")
    people = [{name.split("person")[1].split("_")[0] for name in part.names} for part in parts(data)]
    assert sum(map(len, people)) == len(set.union(*people)) == 10
    with pytest.raises(ValueError, match="data.group_pattern: must be found in each path, but 'patient' is not in"):
        read(root, tmp_path / "cache", group_pattern="patient")


def test_three_classes_and_numbers_sort_as_numbers(tmp_path):
    data = read(folder_of(tmp_path / "films", per_class=8, classes=("10", "2", "1")), tmp_path / "cache")
    assert (data.task, data.classes) == ("multiclass", ("1", "2", "10"))


def table(tmp_path, labels, names=None):
    root = folder_of(tmp_path / "films", per_class=15)
    names = names or find(root).names
    lines = [f"{name},{label}" for name, label in zip(names, labels, strict=True)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *lines]))
    return {"root": root, "cache": tmp_path / "cache", "table": str(tmp_path / "labels.csv")}


def test_a_table_names_images_and_labels(tmp_path):
    data = read(**table(tmp_path, ["yes", "no", "no"] * 10))
    assert (data.task, data.classes) == ("binary", ("no", "yes"))
    order = find(tmp_path / "films").names
    for part in parts(data):
        assert part.labels.tolist() == [int(order.index(name) % 3 == 0) for name in part.names]


def test_figures_can_be_told_by_groups_of_images(tmp_path):
    keys = table(tmp_path, [f"{label},{place % 3},{place}" for place, label in enumerate(["yes", "no"] * 15)])
    path = tmp_path / "labels.csv"
    path.write_text(path.read_text().replace("file,label", "file,label,site,age"))
    data, plain = read(**keys, slices=["site", "age"]), read(**keys)
    order = find(tmp_path / "films").names
    for part in parts(data):
        assert part.slices["site"] == [str(order.index(name) % 3) for name in part.names]
        assert set(part.slices["age"]) <= {"0 to 7.25", "7.25 to 14.5", "14.5 to 21.75", "21.75 to 29"}
    assert equal(data, plain), "what is learned stays"
    with pytest.raises(
        ValueError, match=r"data.slices: must be a column of .*, one of file, label, site, age, but got"
    ):
        read(**keys, slices=["sex"])
    with pytest.raises(ValueError, match=r"data.slices: must be columns of data.table, but got \['sex'\] without one"):
        read(tmp_path / "films", tmp_path / "cache", slices=["sex"])


def test_many_numbers_are_a_regression_in_units_of_train(tmp_path):
    values = [place * 1.5 + 40 for place in range(30)]
    data = read(**table(tmp_path, values))
    assert (data.task, data.train.labels.dtype) == ("regression", torch.float32)
    order = find(tmp_path / "films").names
    for part in parts(data):
        expected = torch.tensor([values[order.index(name)] for name in part.names])
        torch.testing.assert_close(data.target_scale.in_units(part.labels), expected)
    assert float(data.train.labels.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.train.labels.std(correction=0)) == pytest.approx(1)


def test_mistakes_in_tables_are_named(tmp_path):
    keys = table(tmp_path, ["a", "b"] * 15)
    with pytest.raises(ValueError, match=r"data.target: must be a column of .*, one of file, label, but got 'class'"):
        read(**keys, target="class")
    twice = ["ill/x.png", "./ill/x.png"]
    (tmp_path / "twice.csv").write_text("file,label\n" + "\n".join(f"{name},a" for name in twice))
    with pytest.raises(ValueError, match="each path must stand once, but got 'ill/x.png' in rows 1 and 2"):
        read(**{**keys, "table": str(tmp_path / "twice.csv")})
    (tmp_path / "hole.csv").write_text("file,label\nill/x.png,\n")
    with pytest.raises(ValueError, match="row 1 must have file and label"):
        read(**{**keys, "table": str(tmp_path / "hole.csv")})
    save(tmp_path / "far.png", noise(5, 5))
    for name in ("../far.png", str(tmp_path / "far.png"), "ill/none.png"):
        lines = [f"{one},{place % 2}" for place, one in enumerate([name, *find(tmp_path / "films").names])]
        (tmp_path / "out.csv").write_text("\n".join(["file,label", *lines]))
        with pytest.raises(ValueError, match=f"{name}: must (lie under data.root|be readable).*; data.on_error=skip"):
            read(**{**keys, "table": str(tmp_path / "out.csv")})


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda root: None, "data.root: must be a folder of images, but got"),
        (lambda root: root.mkdir(), "must hold images in a folder for each class, but got 0 images outside of one"),
        (lambda root: save(root / "a.png", noise(6, 5)), "must hold images .*, but got 1 images outside of one"),
        (lambda root: folder_of(root, per_class=1), "must leave rows for train|must have rows|at least two classes"),
        (lambda root: folder_of(root, classes=("ill",)), "its folders must have two classes or more, but got ill"),
        (
            lambda root: save(root / "ill" / "a.png", noise(6, 5)),
            "its folders must have two classes or more, but got ill",
        ),
    ],
)
def test_a_root_without_a_task_is_refused(tmp_path, build, rule):
    build(tmp_path / "films")
    with pytest.raises(ValueError, match=rule):
        read(tmp_path / "films", tmp_path / "cache")


def test_a_broken_file_ends_the_run_or_is_left_out_and_named(tmp_path):
    root = folder_of(tmp_path / "films", per_class=8)
    broken = root / "ill" / "broken\n.png"
    broken.write_bytes(encoded(noise(40, 40))[:900])
    for _ in range(2):
        with pytest.raises(ValueError, match=r"broken.*: must be a whole image, but got: .*data.on_error=skip"):
            read(root, tmp_path / "cache")
    first, again = (read(root, tmp_path / "cache", on_error="skip") for _ in range(2))
    assert first.warnings == again.warnings
    assert "must be a whole image" in first.warnings[0]
    assert "1 of 17 files are no images" in first.warnings[1]
    assert sum(map(len, parts(first))) == 16
    broken.unlink()
    assert read(root, tmp_path / "cache").digest == first.digest
    broken.write_bytes(encoded(noise(40, 40))[:900])
    with pytest.raises(ValueError, match="must be a whole image"):
        read(root, tmp_path / "cache")


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path, monkeypatch):
    root = folder_of(tmp_path / "films", per_class=8)
    with monkeypatch.context() as patched:
        real = decode
        patched.setattr(decoder, "decode", lambda data, name: real(b"" if "person3_3" in name else data, name))
        assert len(read(root, tmp_path / "cache", on_error="skip").warnings) == 2
    assert read(root, tmp_path / "cache").warnings == ()


def test_images_outside_of_splits_and_links_are_told(tmp_path):
    root = folder_of(tmp_path / "films", splits=("train", "val", "test"))
    save(root / "extra" / "ill" / "x.png", noise(5, 5))
    save(tmp_path / "far.png", noise(5, 5))
    (root / "train" / "ill" / "far.png").symlink_to(tmp_path / "far.png")
    links, images = read(root, tmp_path / "cache").warnings
    assert "1 links that leave it, or to folders, left out: train/ill/far.png." in links
    assert "1 images outside of a class, left out: extra/ill/x.png." in images


def test_a_folder_of_a_class_without_an_image_is_told(tmp_path):
    root = folder_of(tmp_path / "films", splits=("train", "val"))
    (root / "train" / "dead").mkdir()
    (root / "train" / "unsure" / "more").mkdir(parents=True)
    assert read(root, tmp_path / "cache").warnings == (
        f"{root}: 2 folders without an image are no classes: train/dead, train/unsure.",
    )


def test_one_coloured_image_makes_all_rgb_and_asking_decides(tmp_path):
    root = folder_of(tmp_path / "films", per_class=8)
    grey = read(root, tmp_path / "cache")
    save(root / "well" / "z.png", np.full((12, 12, 3), (250, 10, 10), np.uint8))
    colour = read(root, tmp_path / "cache")
    assert (grey.input_shape, colour.input_shape) == ((1, 4, 4), (3, 4, 4))
    place, part = next((p.names.index("well/z.png"), p) for p in parts(colour) if "well/z.png" in p.names)
    assert part.inputs[place].flatten(1).unique(dim=1).squeeze(1).tolist() == [250, 10, 10]
    assert read(root, tmp_path / "cache", channels="grey").input_shape == (1, 4, 4)
    assert read(root, tmp_path / "cache", channels="rgb").train.inputs.equal(colour.train.inputs)
    tint = np.full((12, 12, 3), (100, 110, 104), np.uint8)  # the noise of JPEG is no colour
    save(root / "well" / "z.png", tint)
    assert read(root, tmp_path / "cache").input_shape == (1, 4, 4)


def test_real_films_are_grey_and_their_val_is_drawn(shared, tmp_path):
    data = read(shared / "chest_xray", tmp_path / "cache", size=16)
    assert data.classes == ("NORMAL", "PNEUMONIA")
    assert data.input_shape == (1, 16, 16)
    assert [len(part) for part in parts(data)] == [272, 48, 120]


def test_no_patient_is_in_anything_that_a_run_leaves(door, project):
    for place in range(24):
        path = project / "films" / ("ill" if place % 2 else "well") / f"{place}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        broken = place == 7
        data = dicom(noise(9, 9, seed=place) // 2 + 100 * (place % 2))
        path.write_bytes(data[: len(data) // 2] if broken else data)
    keys = ("data=images", "data.root=films", "data.size=8", "model.widths=[4]", "epochs=1")
    refused = door("train", *keys)
    assert (refused.returncode, refused.stdout.count("Traceback")) == (1, 0)
    assert refused.stderr.startswith("error: films/ill/7.dcm: must ")
    assert refused.stderr.count("\n") == 1
    done = door("train", *keys, "data.on_error=skip", "hydra.verbose=true")
    assert done.returncode == 0, done.stderr
    assert "films/ill/7.dcm: must " in done.stdout + done.stderr
    assert "1 of 24 files are no images and are left out" in done.stdout + done.stderr
    assert "films, 23 images, 8x8 grey; binary (ill 11, well 12; positive: well)" in done.stdout
    left = [path for path in (project / "mlruns").rglob("*") if path.is_file()]
    assert len(left) > 10
    texts = [done.stdout.encode(), done.stderr.encode(), *(path.read_bytes() for path in left)]
    assert not [secret for secret in SECRETS for text in texts if secret.encode() in text]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("data.root=null", "error: data.root: must be a folder of images, but got null."),
        ("data.root=none", "error: data.root: must be a folder of images, but got 'none'."),
        ("data.group_pattern='('", "error: data.group_pattern: must be a regular expression ("),
        ("data.fit=squeeze", "error: data.fit: must be one of pad, crop, stretch, but got 'squeeze'"),
    ],
)
def test_mistakes_are_one_line(door, key, line):
    root = () if key.startswith("data.root") else ("data.root=films",)
    done = door("train", "data=images", *root, key)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_a_pattern_has_quotes_of_its_own():
    run = compose_run("data=images", r"data.group_pattern='person(\d+)'")
    assert run.data["group_pattern"] == r"person(\d+)"


def test_where_images_lie_does_not_decide():
    here, there = (
        Identity.of(compose_run("data=images", f"data.root={root}", f"data.cache={root}")) for root in ("a", "b")
    )
    assert here.hash == there.hash
    assert here.hash != Identity.of(compose_run("data=images", "data.size=65")).hash
