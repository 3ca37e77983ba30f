"""Job commands that other programs send over Redis."""
