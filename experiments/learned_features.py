"""Claim: features that a network learns from X-rays beat hand-made ones under the same classifier, and lose less under shifts.

Command: python -m experiments.learned_features       55 s on 2 cores

Expected: logistic regression on the 128 hidden units of an MLP has a higher test AUROC than on 112 hand-made features (block
means, edge strengths and a histogram of the intensities), on films as taken, on films exposed otherwise (gamma 0.6, 1.6)
and on noisy ones (sd 12 grey levels); averaged over the three shifts it loses less. All seeds have the same patients; the
intervals are over both.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from src.claims import Finding, Lab, conduct, over_seeds_and_rows
from src.data.reading import read_dataset
from src.metrics import auroc
from src.plots import GREY, STYLES, Axes, Figure, annotate, panels
from src.randomness import Purpose, key, normal
from src.statistics.figures import mean_figures
from src.statistics.influence import of_auroc

# Axes: S seeds, H shifts, N films, F features; pixels in the last two.
Features = Callable[[Tensor], Tensor]  # standardised films (N, 1, 28, 28) -> (N, F)
Films = Mapping[str, Tensor]  # standardised films of train, val and each shift of test
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
BINS = torch.linspace(-2.0, 3.0, 15)  # a film's intensities have mean 0 and sd 1
UNITS = 12  # shown
SHIFTS: dict[str, Callable[[Tensor], Tensor]] = {  # grey levels 0 to 255
    "as taken": lambda films: films,
    "gamma 0.6": lambda films: 255 * (films / 255) ** 0.6,
    "gamma 1.6": lambda films: 255 * (films / 255) ** 1.6,
    "noise sd 12": lambda films: films + 12 * noise(films),
}


def findings(lab: Lab, *, label_noise: float = 0.0) -> list[Finding]:
    """The features of an MLP trained on labels of which `label_noise` are drawn at random, beside the hand-made."""
    small = lab.quick((), [f"data.source.num_{part}=300" for part in ("train", "val", "test")])
    base = ("data=modified", "data@data.source=phantom", "model.widths=[128]", "model.init=normal")
    run = lab.run(*base, *small, f"data.label_noise={label_noise}", f"epochs={lab.quick(60, 15)}")
    outcome = lab.train({"MLP": run})
    data, standardize = read_dataset({**run.data, "label_noise": 0.0}), outcome.standardize("MLP")
    tests = {shift: change(data.test.inputs.float()).round().clamp(0, 255) for shift, change in SHIFTS.items()}
    films = {"train": data.train.inputs, "val": data.val.inputs, **tests}
    films = {name: standardize(inputs) for name, inputs in films.items()}
    labels = data.train.labels, data.val.labels
    nets = [outcome.model("MLP", seed) for seed in outcome.seeds]
    scores = {name: scored(features, films, *labels).unsqueeze(0) for name, features in HAND_MADE.items()}
    scores["learned"] = torch.stack([scored(hidden_units(net), films, *labels) for net in nets])
    lab.draw(units_and_areas(nets[0], scores, data.test.labels))
    return compared(scores["learned"], scores["all hand-made"], data.test.labels)


def compared(learned: Tensor, hand_made: Tensor, labels: Tensor) -> list[Finding]:
    """Scores of learned features (S, H, N) and of hand-made (1, H, N) compared, over seeds and patients."""
    influence = of_auroc(learned, labels) - of_auroc(hand_made, labels)  # (S, H, N)
    ahead = auroc(learned, labels) - auroc(hand_made, labels)  # (S, H)
    of = "of AUROC, learned less hand-made, over seeds and patients"
    found = [
        over_seeds_and_rows(
            f"{shift}: learned features are ahead",
            ahead[:, place],
            influence[:, place],
            of=f"difference {of}",
            above=0.0,
        )
        for place, shift in enumerate(SHIFTS)
    ]
    lost, by_row = ahead[:, 0] - ahead[:, 1:].mean(1), influence[:, 0] - influence[:, 1:].mean(1)
    return [*found, over_seeds_and_rows("they lose less under the shifts", lost, by_row, of=f"loss {of}", below=0.0)]


def noise(films: Tensor) -> Tensor:
    """Standard normal draws of the shape of `films`."""
    return normal(key(0, Purpose.DATA, 1), torch.arange(films.numel())).view_as(films).float()


def block_means(films: Tensor) -> Tensor:
    """The mean of each block of 4 x 4 pixels."""
    return F.avg_pool2d(films, 4).flatten(1)


def edge_strengths(films: Tensor) -> Tensor:
    """The mean length of the intensity's gradient in each block."""
    down, across = torch.gradient(films, dim=(-2, -1))
    return block_means(torch.hypot(down, across))


def histogram(films: Tensor) -> Tensor:
    """The share of a film's pixels between neighbouring `BINS`."""
    pixels = films.flatten(1)
    return torch.stack([((pixels >= low) & (pixels < high)).float().mean(1) for low, high in pairwise(BINS)], 1)


def all_hand_made(films: Tensor) -> Tensor:
    """Block means, edge strengths and histogram side by side."""
    return torch.cat([block_means(films), edge_strengths(films), histogram(films)], 1)


HAND_MADE: dict[str, Features] = {
    "block means": block_means,
    "edge strengths": edge_strengths,
    "histogram": histogram,
    "all hand-made": all_hand_made,
}


def hidden_units(net: nn.Module) -> Features:
    """The outputs of a net's last hidden layer."""

    @torch.no_grad()
    def features(films: Tensor) -> Tensor:
        units = films.flatten(1)
        for layer in net.hidden:
            units = layer(units)
        return units

    return features


def scored(features: Features, films: Films, train_labels: Tensor, val_labels: Tensor) -> Tensor:
    """Scores of the test films (H, N) by logistic regression on standardised features, its L2 penalty chosen on val."""
    x = {name: features(inputs).numpy() for name, inputs in films.items()}
    fitted = [
        make_pipeline(StandardScaler(), LogisticRegression(C=1 / penalty, max_iter=5000)).fit(x["train"], train_labels)
        for penalty in PENALTIES
    ]
    best = max(fitted, key=lambda model: float(auroc(torch.from_numpy(model.decision_function(x["val"])), val_labels)))
    return torch.stack([torch.from_numpy(best.decision_function(x[shift])) for shift in SHIFTS])


def units_and_areas(net: nn.Module, scores: Mapping[str, Tensor], labels: Tensor) -> Figure:
    """The first-layer weights of the units that weigh most in the output, and the AUROC of all features at each shift."""
    figure, axes = panels(1, 2, size=(5.4, 4.0))
    weight, out = net.first_layer_weight.detach(), net.output.weight.detach()[0]
    chosen = (out.abs() * weight.norm(dim=1)).topk(UNITS).indices
    tiles = (weight / weight.abs().amax(1, keepdim=True))[chosen].view(3, 4, 28, 28)
    sheet = F.pad(tiles, (1, 1, 1, 1), value=1.0).permute(0, 2, 1, 3).reshape(3 * 30, 4 * 30)
    shown = axes[0].imshow(sheet.numpy(), cmap="gray", vmin=-1, vmax=1)
    axes[0].axis("off")
    axes[0].set(title=f"First-layer weights of {UNITS} units, seed 0")
    figure.colorbar(shown, ax=axes[0], label="weight / its largest", shrink=0.8)
    for place, ((name, rows), style) in enumerate(zip(scores.items(), STYLES, strict=False)):
        areas_with_bounds(axes[1], place / 7 - 0.3, name, rows, labels, style)
    axes[1].axhline(0.5, color=GREY, linewidth=0.8, linestyle=":", label="chance")
    axes[1].set_xticks(range(len(SHIFTS)), labels=list(SHIFTS))
    axes[1].set(ylabel="test AUROC", title="Logistic regression on each set of features")
    axes[1].legend(fontsize=8)
    annotate(figure, "simulated data; points: mean over seeds, bars: 95 % interval over seeds and test films")
    return figure


def areas_with_bounds(axes: Axes, offset: float, name: str, scores: Tensor, labels: Tensor, style: dict) -> None:
    """The mean AUROC of scores (S, H, N) over the seeds, with bounds over other seeds and test films."""
    for shift in range(len(SHIFTS)):
        told = mean_figures("binary", scores[:, shift], labels, [None] * len(scores))
        centre, low, high = told["auroc"], told["auroc_low"], told["auroc_high"]
        bars = [[centre - low], [high - centre]]
        axes.errorbar(
            shift + offset, centre, bars, color=style["color"], marker=style["marker"], capsize=2, markersize=5,
            label=name if shift == 0 else None,
        )  # fmt: skip


if __name__ == "__main__":
    conduct(__name__)
