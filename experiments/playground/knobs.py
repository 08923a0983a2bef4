"""The knobs of the playground, and the command of each position.

Eight things that an introduction turns, each at the fewest values that show what it does. Every combination is trained, so
that no position is empty. Without hidden units there is no activation and no dropout: those positions share a run.
"""

from collections.abc import Mapping
from itertools import product

Knob = Mapping[str, tuple[str, ...]]  # from what the page calls a value to its overrides
Position = tuple[str, ...]  # a value of each knob

KNOBS: dict[str, Knob] = {
    "data": {
        "AND": ("data@data.source=gate", "data.source.kind=and", "data.source.noise=0.15"),
        "XOR": ("data@data.source=gate", "data.source.kind=xor", "data.source.noise=0.15"),
        "circles": ("data@data.source=circles", "data.source.noise=0.12"),
        "moons": ("data@data.source=moons", "data.source.noise=0.2"),
        "spirals": ("data@data.source=spirals", "data.source.turns=1.5"),
    },
    "label noise": {"none": ("data.label_noise=0",), "40 %": ("data.label_noise=0.4",)},
    "hidden units": {
        "none": ("model.widths=[]",),
        "2": ("model.widths=[2]",),
        "4": ("model.widths=[4]",),
        "8 + 8": ("model.widths=[8,8]",),
    },
    "activation": {name: (f"model.activation={name}",) for name in ("identity", "tanh", "relu")},
    "learning rate": {rate: (f"optimizer.lr={rate}",) for rate in ("0.003", "0.03", "0.3")},
    "batch size": {size: (f"batch_size={size}",) for size in ("8", "64")},
    "dropout": {rate: (f"model.dropout={rate}",) for rate in ("0", "0.2")},
    "training stops": {
        **{f"epoch {n}": (f"epochs={n}", "patience=null", "keep=last") for n in (5, 25, 200)},
        "early": ("epochs=200", "patience=20"),
    },
}
QUICK = {
    "data": ("XOR", "moons"),
    "hidden units": ("none", "8 + 8"),
    "activation": ("tanh", "relu"),
    "learning rate": ("0.03",),
    "batch size": ("64",),
    "training stops": ("epoch 5", "early"),
}  # of the knobs that have fewer values where it is only tried whether all works
START = {
    "data": "moons",
    "hidden units": "8 + 8",
    "activation": "tanh",
    "learning rate": "0.03",
    "training stops": "early",
}  # where the page opens; of the others the first value
ROWS, UNSEEN = 100, 200  # of train and of val: few enough that noise can be learned by heart
COMMON = ("data=modified", f"data.num_train={ROWS}", f"data.source.num_val={UNSEEN}")


def quick_knobs() -> dict[str, Knob]:
    """The knobs with the values of QUICK."""
    return {name: {value: knob[value] for value in QUICK.get(name, knob)} for name, knob in KNOBS.items()}


def positions(knobs: Mapping[str, Knob]) -> list[Position]:
    """Every combination of values, those of the last knob next to each other."""
    return list(product(*knobs.values()))


def overrides(knobs: Mapping[str, Knob], position: Position) -> tuple[str, ...]:
    """What decides the run at `position`, as it is typed behind `python -m src.train`."""
    chosen = dict(zip(knobs, position, strict=True))
    without = {"activation", "dropout"} if chosen["hidden units"] == "none" else set()
    return (*COMMON, *(text for name, value in chosen.items() if name not in without for text in knobs[name][value]))
