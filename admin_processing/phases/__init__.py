"""What a run is made of: one module a phase, and a line in `registry`."""
