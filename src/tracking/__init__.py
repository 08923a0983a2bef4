"""The only MLflow code: MLflow mirrors the folders that runs leave."""

from src.tracking.background import Mirror
from src.tracking.mirror import is_complete, send
from src.tracking.parent import finish_parent, parent_run
from src.tracking.store import without_password
from src.tracking.sweep import SweepMirror

__all__ = ["Mirror", "SweepMirror", "finish_parent", "is_complete", "parent_run", "send", "without_password"]
