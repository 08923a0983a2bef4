"""What a run leaves for people beside its record: figures, tables, and the model to serve."""

from src.artifacts.leaving import leave_model, warned
from src.artifacts.listener import Artifacts

__all__ = ["Artifacts", "leave_model", "warned"]
