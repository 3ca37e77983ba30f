"""PostgreSQL with TimescaleDB, and Redis, for one checkout: chosen, started, stopped.

A *way* is where the two programs come from:

    environment   DATABASE_URL and REDIS_URL name servers that somebody else runs
    system        TimescaleDB and Redis installed on this machine
    tree          a private Debian tree in the user's cache, run under chroot
    embedded      wheels from PyPI: plain PostgreSQL, for a machine without root

`bin/services` is the command. Everything kept for a checkout is in `.services/`.
"""
