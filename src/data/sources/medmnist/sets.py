"""The twelve 2D sets of MedMNIST v2: what each holds, and which of them a file is (Yang et al. 2023; medmnist 3.0.2, info.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

URL = "https://zenodo.org/records/10519652/files/{name}.npz?download=1"
# What MedMNIST calls its files, as browsers save them a second time too: breastmnist.npz, breastmnist_64 (1).npz.
FILE_NAME = re.compile(r"([a-z]+mnist)(_64|_128|_224)?( ?\(\d+\))?")
ORGANS = (
    *("bladder", "femur-left", "femur-right", "heart", "kidney-left", "kidney-right"),
    *("liver", "lung-left", "lung-right", "pancreas", "spleen"),
)


@dataclass(frozen=True)
class MedSet:
    """One set. `classes` in the order of the file's labels (of a multi-label set: of its columns); `counts` of train, val, test.

    `sick`: of two classes that which is sick, as it stands in the file. `md5`: of the file of 28x28 pixels.
    """

    title: str
    after: str
    task: Literal["binary-class", "multi-class", "ordinal-regression", "multi-label"]
    channels: Literal[1, 3]
    counts: tuple[int, int, int]
    md5: str
    classes: tuple[str, ...]
    sick: Literal[0, 1] = 1
    licence: str = "CC BY 4.0"

    @property
    def source(self) -> str:
        return f"{self.title} (MedMNIST v2, Yang et al. 2023, after {self.after}), {self.licence}"

    @property
    def kind(self) -> str:
        """What a file of it must hold, in words."""
        return kind_of(self.channels, len(self.classes), is_multilabel=self.task == "multi-label")


def kind_of(channels: int, num: int, *, is_multilabel: bool) -> str:
    """Of images with one of `num` classes, or with `num` labels each of which they have or not."""
    return f"{channels} channel{'s' * (channels > 1)} and {num} {'labels an image' if is_multilabel else 'classes'}"


SETS: dict[str, MedSet] = {
    "pathmnist": MedSet(
        *("PathMNIST", "Kather et al. 2019", "multi-class", 3, (89_996, 10_004, 7_180)),
        "a8b06965200029087d5bd730944a56c1",
        (
            *("adipose", "background", "debris", "lymphocytes", "mucus", "smooth muscle", "normal colon mucosa"),
            *("cancer-associated stroma", "colorectal adenocarcinoma epithelium"),
        ),
    ),
    "chestmnist": MedSet(
        *("ChestMNIST", "Wang et al. 2017", "multi-label", 1, (78_468, 11_219, 22_433)),
        "02c8a6516a18b556561a56cbdd36c4a8",
        (
            *("atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax"),
            *("consolidation", "edema", "emphysema", "fibrosis", "pleural", "hernia"),
        ),
    ),
    "dermamnist": MedSet(
        *("DermaMNIST", "Tschandl et al. 2018", "multi-class", 3, (7_007, 1_003, 2_005)),
        "0744692d530f8e62ec473284d019b0c7",
        (
            *(
                "actinic keratoses and intraepithelial carcinoma",
                "basal cell carcinoma",
                "benign keratosis-like lesions",
            ),
            *("dermatofibroma", "melanoma", "melanocytic nevi", "vascular lesions"),
        ),
        licence="CC BY-NC 4.0",
    ),
    "octmnist": MedSet(
        *("OCTMNIST", "Kermany et al. 2018", "multi-class", 1, (97_477, 10_832, 1_000)),
        "c68d92d5b585d8d81f7112f81e2d0842",
        ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    ),
    "pneumoniamnist": MedSet(
        *("PneumoniaMNIST", "Kermany et al. 2018", "binary-class", 1, (4_708, 524, 624)),
        "28209eda62fecd6e6a2d98b1501bb15f",
        ("normal", "pneumonia"),
    ),
    "retinamnist": MedSet(  # grades of diabetic retinopathy
        *("RetinaMNIST", "DeepDRiD, Liu et al. 2022", "ordinal-regression", 3, (1_080, 120, 400)),
        "bd4c0672f1bba3e3a89f0e4e876791e4",
        ("0", "1", "2", "3", "4"),
    ),
    "breastmnist": MedSet(
        *("BreastMNIST", "Al-Dhabyani et al. 2020", "binary-class", 1, (546, 78, 156)),
        "750601b1f35ba3300ea97c75c52ff8f6",
        ("malignant", "normal, benign"),
        sick=0,
    ),
    "bloodmnist": MedSet(
        *("BloodMNIST", "Acevedo et al. 2020", "multi-class", 3, (11_959, 1_712, 3_421)),
        "7053d0359d879ad8a5505303e11de1dc",
        (
            *("basophil", "eosinophil", "erythroblast"),
            "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
            *("lymphocyte", "monocyte", "neutrophil", "platelet"),
        ),
    ),
    "tissuemnist": MedSet(
        *("TissueMNIST", "Ljosa et al. 2012", "multi-class", 1, (165_466, 23_640, 47_280)),
        "ebe78ee8b05294063de985d821c1c34b",
        (
            *("Collecting Duct, Connecting Tubule", "Distal Convoluted Tubule", "Glomerular endothelial cells"),
            *("Interstitial endothelial cells", "Leukocytes", "Podocytes"),
            *("Proximal Tubule Segments", "Thick Ascending Limb"),
        ),
    ),
    "organamnist": MedSet(
        *("OrganAMNIST", "Bilic et al. 2023 and Xu et al. 2019", "multi-class", 1, (34_561, 6_491, 17_778)),
        "68e3f8846a6bd62f0c9bf841c0d9eacc",
        ORGANS,
    ),
    "organcmnist": MedSet(
        *("OrganCMNIST", "Bilic et al. 2023 and Xu et al. 2019", "multi-class", 1, (12_975, 2_392, 8_216)),
        "b9ceb9546e10131b32923c5bbeaea2b1",
        ORGANS,
    ),
    "organsmnist": MedSet(
        *("OrganSMNIST", "Bilic et al. 2023 and Xu et al. 2019", "multi-class", 1, (13_932, 2_452, 8_827)),
        "9ab87b696fb54e2a387ebe992d6ed5f1",
        ORGANS,
    ),
}


def which_set(file: Path, name: str | None, *, md5: str, counts: tuple[int, ...]) -> str | None:
    """Which of SETS `file` is: the one called `name`, else by its MD5, else by its name, else by its numbers of images.

    None: none that is known. Raises ValueError where what is known of the file tells of another set than is said.
    """
    by_md5 = next((one for one, entry in SETS.items() if entry.md5 == md5), None)
    by_counts = next((one for one, entry in SETS.items() if entry.counts == counts), None)
    found = {"MD5": by_md5} if by_md5 else {"name": _by_file_name(file), "numbers of images": by_counts}
    told = [(how, one) for how, one in found.items() if one is not None]
    known = name or next((one for _, one in told), None)
    for how, one in told:
        if one != known:
            raise ValueError(
                f"data.name: must be the set of {file}, by its {how} {one}, but got {known}; "
                f"say data.name={one}, or rename a file that is misnamed."
            )
    return known


def _by_file_name(file: Path) -> str | None:
    match = FILE_NAME.fullmatch(file.stem.lower())
    return match[1] if match and match[1] in SETS else None
