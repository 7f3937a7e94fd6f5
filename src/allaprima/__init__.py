"""Alla Prima: text to image while you type, on two CPU cores."""

from __future__ import annotations

__version__ = "0.1.0"
