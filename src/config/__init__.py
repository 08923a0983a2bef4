"""The typed schema of a run, its rules, and how a mistake is told. Imports neither torch nor Lightning nor MLflow."""

from src.config.loading import load
from src.config.rules import check_against_data, loss_name
from src.config.schema import Run

__all__ = ["Run", "check_against_data", "load", "loss_name"]
