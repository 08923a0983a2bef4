"""A claim about training: its conditions, seeds, predictions and verdict."""

from src.claims.claim import Claim
from src.claims.conduct import conduct
from src.claims.lab import Lab
from src.claims.outcome import Outcome
from src.statistics.findings import Finding, bootstrapped, exact, mean, share, verdict_of

__all__ = ["Claim", "Finding", "Lab", "Outcome", "bootstrapped", "conduct", "exact", "mean", "share", "verdict_of"]
