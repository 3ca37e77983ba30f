"""Where history comes from: one module or package for each source, and a line in `registry`."""
