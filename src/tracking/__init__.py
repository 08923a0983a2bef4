"""The only MLflow code: MLflow mirrors the folders that runs leave."""

from src.tracking.background import Mirror
from src.tracking.mirror import is_complete, send
from src.tracking.store import without_password

__all__ = ["Mirror", "is_complete", "send", "without_password"]
