"""Claim: early stopping on a val that shares its source with train stops too early for a test that comes from elsewhere.

Command: python -m experiments.shifted_test           800 s on 2 cores, beside other work

Expected: an MLP is trained with affine augmentation on simulated X-rays for 100 epochs. On test films that are moved (by a tenth
of their side, 10 degrees, a tenth of their size), exposed otherwise (gamma 0.6, 1.6) or noisy (sd 12 grey levels) the AUROC of
the weights that patience 10 on val loss keeps is below that of the last epoch's, and further than it is on films as taken. It is
refuted for a shift by an AUROC that is above. A pilot on other patients (data.seed=1, seeds 100 to 102) had -0.006 moved, +0.003
and -0.003 exposed, +0.004 noisy, +0.003 as taken, each within 0.004: ten seeds decide, and not for all alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from src.claims import Finding, Lab, Outcome, conduct, over_seeds_and_rows
from src.claims.shifts import as_taken, exposed, moved, noisy
from src.data.dataset import Split
from src.metrics import auroc
from src.plots import GREY, STYLES, Figure, annotate, band, panels
from src.statistics.influence import of_auroc

# Axes: S seeds, N films.
PATIENCE, EPOCHS = 10, 100
ON_THE_WAY = (5, 10, 20, 40, 70)  # epochs whose weights are judged too, for the picture
AS_TAKEN, KEPT = "as taken", "kept"
SHIFTS = {
    AS_TAKEN: as_taken,
    "moved": moved(shift=0.1, rotation=10.0, scale=0.1),
    "gamma 0.6": exposed(0.6),
    "gamma 1.6": exposed(1.6),
    "noise sd 12": noisy(12.0),
}


def findings(lab: Lab, *, patience: int = PATIENCE) -> list[Finding]:
    """The weights that `patience` keeps, beside those of the last epoch, on films of every shift."""
    rows = lab.quick(["data.num_test=4000"], [f"data.num_{part}=300" for part in ("train", "val", "test")])
    base = ("data=phantom", *rows, "model.widths=[128]", "model.init=normal", "augment=affine")
    lengths = lab.quick((*ON_THE_WAY, EPOCHS), (5, 30))
    kept = lab.run(*base, f"epochs={lengths[-1]}", f"patience={patience}")
    ends = {f"{epochs}": lab.run(*base, f"epochs={epochs}", "keep=last") for epochs in lengths}
    outcome = lab.train({KEPT: kept, **ends})
    labels = outcome.data(KEPT).test.labels
    scores = {shift: scored(outcome, change) for shift, change in SHIFTS.items()}
    lab.draw(areas(outcome, scores, labels))
    last = str(lengths[-1])
    gains = {shift: auroc(of[KEPT], labels) - auroc(of[last], labels) for shift, of in scores.items()}
    influences = {shift: of_auroc(of[KEPT], labels) - of_auroc(of[last], labels) for shift, of in scores.items()}
    of = "test AUROC, weights kept less last, over seeds and patients"
    for shift in SHIFTS:
        lab.tell(f"{shift}: {of}", gains[shift].tolist())
    shifted = [shift for shift in SHIFTS if shift != AS_TAKEN]
    return [
        *(
            over_seeds_and_rows(f"{shift}: stopped too early", gains[shift], influences[shift], of=of, below=0.0)
            for shift in shifted
        ),
        *(
            over_seeds_and_rows(
                f"{shift}: and more so than as taken",
                gains[shift] - gains[AS_TAKEN],
                influences[shift] - influences[AS_TAKEN],
                of=f"{of}, less the same as taken",
                below=0.0,
            )
            for shift in shifted
        ),
    ]


def scored(outcome: Outcome, change: Callable[[torch.Tensor], torch.Tensor]) -> Mapping[str, torch.Tensor]:
    """By condition, the logits (S, N) of the test films after a change."""
    test = outcome.data(KEPT).test
    changed = replace(test, inputs=change(test.inputs))
    return {name: logits(outcome, name, changed) for name in outcome.conditions}


def logits(outcome: Outcome, condition: str, split: Split) -> torch.Tensor:
    """Those of each seed's model (S, N)."""
    return torch.stack([outcome.predict(condition, seed, split).logits for seed in outcome.seeds])


def areas(outcome: Outcome, scores: Mapping[str, Mapping[str, torch.Tensor]], labels: torch.Tensor) -> Figure:
    """Val loss by epoch with what patience keeps, and by shift the AUROC of some epochs' weights beside those kept."""
    figure, (left, right) = panels(1, 2, size=(5.4, 4.0))
    lengths = [int(name) for name in outcome.conditions if name != KEPT]
    curves = outcome.curves(str(lengths[-1]), "val/loss")
    band(left, range(1, curves.shape[1] + 1), curves, "val, as taken", STYLES[0])
    kept = outcome.results(KEPT, "best_epoch").astype(float)
    left.axvspan(kept.min(), kept.max(), color=GREY, alpha=0.2, label="kept by patience 10, all seeds")
    left.set(xlabel="epoch", ylabel="binary cross-entropy (nats)", title="Loss on the source of train")
    for (shift, of), style in zip(scores.items(), STYLES, strict=False):
        values = torch.stack([auroc(of[str(epochs)], labels) for epochs in lengths], 1).numpy()
        band(right, lengths, values, shift, style)
        right.plot(kept.mean(), float(auroc(of[KEPT], labels).mean()), "o", color=style["color"], fillstyle="none")
    right.set(xlabel="epoch (circle: kept, mean of seeds)", ylabel="test AUROC", title="Films from elsewhere")
    for one in (left, right):
        one.legend(fontsize=8)
    annotate(figure, "simulated data; median and 10 to 90 % of the seeds")
    return figure


if __name__ == "__main__":
    conduct(__name__)
