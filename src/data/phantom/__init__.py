"""Simulated chest radiographs: an analytic thorax, attenuation along rays, a noisy film."""

from src.data.phantom.reader import phantom

__all__ = ["phantom"]
