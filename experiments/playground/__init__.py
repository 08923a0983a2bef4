"""Recorded runs for every position of a few knobs, on one page; no claim."""
