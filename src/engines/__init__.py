"""Engines: they pull jobs from a source and tell listeners what becomes of them."""
