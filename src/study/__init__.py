"""A claim about training: its conditions, seeds, predictions and verdict."""

from src.findings import Finding, bootstrapped, exact, mean, share, verdict_of
from src.study.claim import Claim
from src.study.conduct import conduct
from src.study.lab import Lab
from src.study.outcome import Outcome

__all__ = ["Claim", "Finding", "Lab", "Outcome", "bootstrapped", "conduct", "exact", "mean", "share", "verdict_of"]
