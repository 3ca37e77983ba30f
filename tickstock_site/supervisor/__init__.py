"""Runs web, worker, beat and stream as one: started together, watched, restarted, stopped in order.

`machine`, `policy` and `lines` are pure; `runner` carries out what `machine` decides.
"""
