"""A run of the pipeline: asked for once, worked through in chunks by any number of workers."""
