"""Claim: the loss on unseen data falls, then rises while the training loss goes on falling, so stopping in time pays on test.

Command: python -m experiments.early_stopping         30 s on 2 cores

Expected: on 200 simulated X-rays the val loss of epoch 400, when they are fitted, is more than 5 % above its minimum, the
training loss is less than half of what it was there, and the test loss of the weights that patience 10 keeps is below that
of the last. Training never depends on what is held out, so the same seeds are trained twice, once with val and once with
test held out: the second curve is the test loss of the first, and the stops of every patience follow from the first
afterwards. All seeds have the same rows.
"""

import numpy as np

from src.claims import Finding, Lab, conduct, exact, mean
from src.plots import GREY, STYLES, Figure, annotate, band, panels
from src.runs.objective import Objective
from src.runs.progress import Progress

PATIENCE, PATIENCES = 10, (1, 2, 3, 5, 10, 20, 50)


def findings(lab: Lab, *, val_from: tuple[str, str] = ("val", "test")) -> list[Finding]:
    """A net of one hidden layer on few rows, with each of `val_from`: what decides the stop, and what judges it."""
    small = lab.quick((), [f"data.source.num_{part}=300" for part in ("train", "val", "test")])
    base = ("data=modified", "data@data.source=phantom", "train_eval=true", "batch_size=32", "model.widths=[64]")
    length = (f"data.num_train={lab.quick(200, 60)}", f"epochs={lab.quick(400, 200)}")
    outcome = lab.train(
        {
            part: lab.run(*base, *small, *length, f"data.val_from={split}")
            for part, split in zip(("val", "test"), val_from, strict=True)
        }
    )
    train, val = outcome.curves("val", "train/loss_eval"), outcome.curves("val", "val/loss")
    test = outcome.curves("test", "val/loss")
    lab.draw(curves_and_stops(train, val, test))
    seeds, lowest = np.arange(len(val)), val.argmin(1)
    kept = np.array([stop(curve, PATIENCE)[0] for curve in val])
    apart = train - outcome.curves("test", "train/loss_eval")
    return [
        exact("what is held out does not touch training", apart, of="difference of training losses", tolerance=1e-6),
        mean("val loss rises in the end", val[:, -1] / val[seeds, lowest], of="last val loss / lowest", above=1.05),
        mean(
            "training loss halves meanwhile, at least",
            train[:, -1] / train[seeds, lowest],
            of="last training loss / that where val loss is lowest",
            below=0.5,
        ),
        mean(
            f"test loss is lower at the stop (patience {PATIENCE})",
            test[seeds, kept - 1] - test[:, -1],
            of="test loss, kept less last, of a seed",
            below=0.0,
        ),
    ]


def stop(curve: np.ndarray, patience: int) -> tuple[int, int]:
    """The epoch whose weights are kept, and the last that is trained, of a curve of val losses (E,)."""
    progress = Progress(Objective.of("val/loss"), len(curve), patience)
    for loss in curve:
        if progress.stop_reason is None:
            progress.add({"train/loss": 0.0, "val/loss": loss})
    return progress.best_epoch or 0, len(progress.history)


def curves_and_stops(train: np.ndarray, val: np.ndarray, test: np.ndarray) -> Figure:
    """Curves (S, E) with the epochs that patience keeps and stops at; test loss and epochs spent against patience."""
    figure, axes = panels(1, 3)
    epochs = np.arange(1, val.shape[1] + 1)
    for curves, label, style in zip((train, val, test), ("train", "val", "test"), STYLES, strict=False):
        band(axes[0], epochs, curves, label, style)
    stops = np.array([[stop(curve, patience) for patience in PATIENCES] for curve in val])  # (S, P, 2)
    kept, last = np.median(stops[:, PATIENCES.index(PATIENCE)], axis=0)
    axes[0].axvline(kept, color=GREY, linewidth=1, label=f"kept, patience {PATIENCE}")
    axes[0].axvline(last, color=GREY, linewidth=1, linestyle=":", label=f"stopped, patience {PATIENCE}")
    axes[0].set(xlabel="epoch", ylabel="binary cross-entropy (nats)", ylim=(0, 1.45 * val.max()), title="Losses")
    at_stop = np.take_along_axis(test, stops[..., 0] - 1, axis=1)
    band(axes[1], PATIENCES, at_stop, "weights kept", STYLES[2])
    band(axes[1], PATIENCES, np.repeat(test[:, -1:], len(PATIENCES), 1), "weights of the last epoch", STYLES[3])
    axes[1].set(ylabel="test loss (nats)", title="What stopping is worth")
    band(axes[2], PATIENCES, stops[..., 1], "epochs trained", STYLES[4])
    axes[2].set(ylabel="epochs", ylim=(0, None), title="What it costs")
    for one in axes[1:]:
        one.set_xscale("log")
        one.set_xticks(PATIENCES, labels=PATIENCES)
        one.set_xticks([], minor=True)
        one.set_xlabel("patience (epochs)")
        one.legend(fontsize=8)
    axes[0].legend(fontsize=8, loc="upper right", ncols=2)
    annotate(figure, f"simulated data; median and 10 to 90 % of {len(val)} seeds, dropout off")
    return figure


if __name__ == "__main__":
    conduct(__name__)
