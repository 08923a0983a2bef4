"""Who lies in front of the detector: every figure of a patient as a pure function of (seed, number)."""

import torch
from torch import Tensor

from src.randomness import Purpose, key, permutation, uniform

Patients = dict[str, Tensor]  # figure -> float32 (N, 1, 1)

ANATOMY, LABEL, NOISE = 0, 1, 2  # streams of Purpose.DATA
NUM_OPACITIES = 3
BLOCK = 10  # rows among which the sick are placed: 252 arrangements of 5 in 10

# Figure: (low, high) of its uniform distribution. Lengths in cm, angles in radian, attenuation in 1/cm.
# A draw's index is its place here: new figures go to the end of their table.
BODY = {
    "shift_x": (-0.3, 0.3), "shift_y": (-0.4, 0.4), "rotation": (-0.03, 0.03), "scale": (0.96, 1.04),
    "half_width": (18.0, 19.5), "half_depth": (10.0, 12.5), "breast": (-1.0, 1.0), "breast_y": (3.0, 7.0),
    "lung_width": (5.2, 6.2), "lung_height": (12.5, 14.5), "lung_depth": (7.0, 9.0), "lung_tilt": (0.04, 0.12),
    "lung_density": (0.045, 0.075), "dome_right": (5.5, 7.0), "dome_step": (0.2, 1.4), "heart": (0.85, 1.2),
    "heart_x": (1.6, 3.0), "heart_angle": (0.45, 0.8), "spine_bend": (-0.7, 0.7), "spine_bone": (0.05, 0.09),
    "rib_start": (-14.5, -13.0), "rib_spacing": (2.4, 2.9), "rib_drop": (5.0, 8.0), "rib_height": (0.5, 0.75),
    "rib_bone": (0.16, 0.3), "clavicle_y": (-11.0, -9.0), "clavicle_slope": (0.1, 0.3), "vessels": (0.4, 0.8),
    "vessel_phase": (0.0, 6.2832), "vessel_curl": (-0.5, 0.5), "hilum": (0.8, 1.6),
}  # fmt: skip
FILM = {"exposure": (-0.35, 0.35), "scatter": (0.3, 0.55), "scatter_reach": (2.0, 4.0)}
ILLNESS = {"side": (0.0, 1.0), "strength": (-0.04, 1.0)}  # below 0: nothing to be seen
OPACITY = {
    "present": (0.0, 1.0), "other_side": (0.0, 1.0), "radius": (0.0, 0.4), "angle": (0.0, 6.2832), "depth": (-0.5, 0.5),
    "extent": (3.0, 6.0), "stretch": (0.7, 1.4), "share": (0.5, 1.0), "wave_x": (-2.0, 2.0), "wave_y": (-2.0, 2.0),
    "wave_phase": (0.0, 6.2832),
}  # fmt: skip
FIGURES = {
    **BODY,
    **FILM,
    **ILLNESS,
    **{f"{name}_{number}": limits for number in range(NUM_OPACITIES) for name, limits in OPACITY.items()},
}


def draw_patients(seed: int, numbers: Tensor) -> Patients:
    """The figures of the patients with these int64 `numbers` (N,), sick or not: the illness waits in each of them."""
    drawn = uniform(key(seed, Purpose.DATA, ANATOMY, numbers[:, None]), torch.arange(len(FIGURES)))
    return {
        name: (low + (high - low) * drawn[:, place]).float()[:, None, None]
        for place, (name, (low, high)) in enumerate(FIGURES.items())
    }


def draw_labels(seed: int, split: int, num: int, prevalence: float) -> Tensor:
    """int64 (num,) with exactly round(num * prevalence) ones, randomly placed within blocks of ten rows.

    So a longer split begins with a shorter one's labels, but for the last incomplete block of the shorter.
    """
    labels = torch.zeros(num, dtype=torch.int64)
    for start in range(0, num, BLOCK):
        end = min(start + BLOCK, num)
        num_sick = round(end * prevalence) - round(start * prevalence)
        placed = permutation(key(seed, Purpose.DATA, LABEL, split, start), end - start)
        labels[start + placed[:num_sick]] = 1
    return labels
