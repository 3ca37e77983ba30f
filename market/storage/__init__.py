"""Columns into PostgreSQL: binary COPY made by NumPy, without a Python object a row."""
