"""Checks before anything is started; the first that fails says what, why, and how to recover.

`outcome`, `packages` and this file need nothing but the standard library: they run before Django.
"""
