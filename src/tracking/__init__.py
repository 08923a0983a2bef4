"""The only MLflow code: MLflow mirrors the folders that runs leave."""

from src.tracking.background import Mirror
from src.tracking.claim import note_study, record_study, unsent_studies
from src.tracking.parent import finish_parent, parent_run
from src.tracking.store import without_password
from src.tracking.sweep import finish_sweep
from src.tracking.tracker import is_complete, send
from src.tracking.writer_process import Scribe

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
