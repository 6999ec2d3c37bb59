"""Layerwise: detect, guide, generate and review layered Python backends."""

__version__ = "0.1.0"
