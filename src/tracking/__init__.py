"""The only MLflow code: MLflow mirrors the folders that runs leave."""

from src.tracking.background import Mirror
from src.tracking.mirror import send

__all__ = ["Mirror", "send"]
