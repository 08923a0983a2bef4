"""Temperature scaling (Guo et al. 2017, section 4.2): one number that logits are divided by, so that probabilities come true."""

import torch
from scipy.optimize import brentq
from torch import Tensor

MOST = 1000.0  # by which logits are divided or multiplied

# Axes: N examples, K classes.


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature at which the likelihood of `labels` (N,) is largest, of logits (N,) of class 1 or (N, K).

    The negative log-likelihood is convex in 1 / T, so its slope has one root. 1 where there is none between 1 / 1000 and
    1000: of logits that get every example right, or that tell less than chance. No decision for the likeliest class changes.
    """
    scores = logits.double() if logits.ndim > 1 else torch.stack([torch.zeros_like(logits), logits], -1).double()
    of_label = scores.gather(-1, labels.long().unsqueeze(-1)).squeeze(-1)

    def slope(scale: float) -> float:
        """Of the mean negative log-likelihood of logits that are multiplied by `scale`."""
        return float(((scores * scale).softmax(-1) * scores).sum(-1).mean() - of_label.mean())

    if not slope(1 / MOST) < 0 < slope(MOST):
        return 1.0
    return 1.0 / float(brentq(slope, 1 / MOST, MOST, xtol=1e-12, rtol=1e-12))
