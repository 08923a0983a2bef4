"""The only MLflow code: MLflow mirrors the folders that runs leave."""

from src.tracking.background import Mirror
from src.tracking.mirror import is_complete, send
from src.tracking.parent import finish_parent, parent_run
from src.tracking.scribe import Scribe
from src.tracking.store import without_password
from src.tracking.study import note_study, record_study, unsent_studies
from src.tracking.sweep import finish_sweep

__all__ = [
    "Mirror",
    "Scribe",
    "finish_parent",
    "finish_sweep",
    "is_complete",
    "note_study",
    "parent_run",
    "record_study",
    "send",
    "unsent_studies",
    "without_password",
]
