"""What went on in the layers of a run over its epochs: gradients, updates, weights, activations."""

import pandas as pd

from src.plots.layers import PANELS
from src.report.curves import thinned
from src.report.page_data import PageData
from src.report.style import COLOURS, DASHES, Figure, axis_of, drawn, line
from src.tracking.reading import Recorded

CAPTIONS = {
    "gradient_norm": "Norm of the gradient of the mean loss of the probe's rows (evenly spaced in train), dropout off.",
    "update_norm": "Norm of what an epoch changed in a layer, as a share of the norm of its weights before.",
    "weight": "Median of a layer's weights; thin: 5 % of them lie below and above.",
    "activation_mean": "Mean over the probe's rows and the units of a layer.",
    "activation_sd": "Standard deviation over the probe's rows and the units of a layer.",
    "dead_share": "Share of the units whose activation is one and the same for every row of the probe.",
}

MEDIAN = ", median"
WEIGHTS = {"weight_p05": ", 5 %", "weight_p50": MEDIAN, "weight_p95": ", 95 %"}
Curves = dict[tuple[str, str], pd.DataFrame]  # by layer, and of weights by quantile


def layers_of_one(material: PageData, run: Recorded) -> list[Figure]:
    """A figure for each of PANELS of a run; none where `diagnostics` was off."""
    found = {name: _curves(material, run, name) for name in PANELS}
    return [_drawn(name, curves) for name, curves in found.items() if curves]


def _curves(material: PageData, run: Recorded, figure: str) -> Curves:
    prefixes = WEIGHTS if figure == "weight" else {figure: ""}
    names = {
        name: (name.partition("/")[2], quantile)
        for prefix, quantile in prefixes.items()
        for name in sorted(run.metrics)
        if name.startswith(f"{prefix}/")
    }
    return {curve: thinned(material.reader.curves([run.id], name)) for name, curve in names.items()}


def _drawn(figure: str, curves: Curves) -> Figure:
    traces = []
    places = {layer: place for place, layer in enumerate(dict.fromkeys(layer for layer, _ in curves))}
    for (layer, quantile), table in curves.items():
        place, is_middle = places[layer], quantile in ("", MEDIAN)
        look = {"color": COLOURS[place % len(COLOURS)], "dash": DASHES[place % len(DASHES)]}
        hover = f"{layer}{quantile}<br>epoch %{{x}}: %{{y:.4g}}"
        trace = line(table["epoch"], table["value"], layer, {**look, "width": 2 if is_middle else 1}, hover)
        traces.append(trace.update(showlegend=is_middle))
    label, is_steep = PANELS[figure]
    values = pd.concat([table["value"] for table in curves.values()])
    plot = drawn(traces, "epoch", label, **({"yaxis": axis_of(values)} if is_steep else {}))
    return Figure(label[0].upper() + label[1:], CAPTIONS[figure], plot)
