"""A claim about training: its conditions, seeds, predictions and verdict."""

from src.claims.claim import Claim
from src.claims.conduct import conduct
from src.claims.lab import Lab
from src.claims.outcome import Outcome
from src.statistics.findings import Finding, exact, mean, over_seeds_and_rows, share, verdict_of

__all__ = [
    "Claim",
    "Finding",
    "Lab",
    "Outcome",
    "conduct",
    "exact",
    "mean",
    "over_seeds_and_rows",
    "share",
    "verdict_of",
]
