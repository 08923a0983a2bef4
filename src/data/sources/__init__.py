"""Data sources: each has its file here, and what lies here is in the table."""

from src.choices import modules
from src.data.source import SOURCES

FILES = list(modules(__name__, __path__))

__all__ = ["SOURCES"]
