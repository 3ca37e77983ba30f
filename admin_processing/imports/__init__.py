"""Bars from a provider into the database: what is missing, checked row by row, stored by COPY."""
