"""Detectors: one module each, listed in `patterns.registry`."""
