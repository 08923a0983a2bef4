"""Small images and DICOM files, written as scanners and people write them."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

SECRETS = ("Mustermann", "Q4711", "19610203", "Doctor^Strange", "Saint Elsewhere")  # of every DICOM file here


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(pixels, kind="PNG", mode=None, **options):
    """The bytes of an image file."""
    file = BytesIO()
    Image.fromarray(pixels, mode).save(file, kind, **options)
    return file.getvalue()


def save(path: Path, pixels, **options) -> Path:
    """An image file, as its suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def folder_of(root: Path, *, per_class=6, classes=("ill", "well"), size=12, splits=("",)):
    """PNG files under `root`, by split and class."""
    for number, split in enumerate(splits):
        for of_class, name in enumerate(classes):
            for place in range(per_class):
                seed = (number * 10 + of_class) * 100 + place
                save(root / split / name / f"person{place}_{seed}.png", noise(size, size, seed=seed))
    return root


def header(pixels, syntax=ExplicitVRLittleEndian, **tags) -> Dataset:
    """A DICOM data set of `pixels` (H, W) or (H, W, 3), with all that must not be known of a patient."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    of = Dataset()
    of.file_meta, of.SOPClassUID, of.SOPInstanceUID = meta, SecondaryCaptureImageStorage, generate_uid()
    of.PatientName, of.PatientID, of.PatientBirthDate, of.ReferringPhysicianName, of.InstitutionName = SECRETS
    colour = pixels.ndim == 3
    of.SamplesPerPixel, of.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        of.PlanarConfiguration = 0
    of.Rows, of.Columns = pixels.shape[:2]
    of.BitsAllocated = of.BitsStored = 8 * pixels.dtype.itemsize
    of.HighBit, of.PixelRepresentation = of.BitsStored - 1, int(pixels.dtype.kind == "i")
    of.PixelData = pixels.tobytes()
    for name, value in tags.items():
        setattr(of, name, value)
    return of


def dicom(pixels, *, compress=None, preamble=True, **tags) -> bytes:
    """The bytes of a DICOM file, compressed with a transfer syntax, if wanted."""
    made, file = header(pixels, **tags), BytesIO()
    if compress is not None:
        made.compress(compress, generate_instance_uid=False)
    made.save_as(file, enforce_file_format=True)
    data = file.getvalue()
    return data if preamble else data[132:]
