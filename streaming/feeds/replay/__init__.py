"""Recorded sessions, played back through the same path as live ones."""
