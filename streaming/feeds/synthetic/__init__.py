"""A market that is made up: realistic, endless, and the same for the same seed."""
