"""Intervals, findings and thresholds."""
