"""Massive (formerly Polygon.io): the real market over its WebSocket."""
