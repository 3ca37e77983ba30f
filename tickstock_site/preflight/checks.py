"""The checks in their order, each needing those before it. A new one is a line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO

from tickstock_site.preflight.database_checks import check_database, check_migrations, check_roles
from tickstock_site.preflight.grants_check import check_grants
from tickstock_site.preflight.market_checks import (
    check_calendar,
    check_definitions,
    check_feed,
    check_source,
    check_universe,
)
from tickstock_site.preflight.outcome import Abort, passed
from tickstock_site.preflight.ports import check_port
from tickstock_site.preflight.redis_checks import check_redis
from tickstock_site.preflight.request import StartRequest

Check = Callable[[StartRequest], str]

# Packages and settings come before these, see `bootstrap`.
CHECKS: Sequence[Check] = (
    check_port,
    check_redis,
    check_database,
    check_roles,
    check_migrations,
    check_grants,
    check_calendar,
    check_definitions,
    check_feed,
    check_source,
    check_universe,
)


def run_checks(request: StartRequest, out: TextIO, checks: Sequence[Check] = CHECKS) -> None:
    """Run the checks, one line each. Raises Abort at the first that fails."""
    for check in checks:
        print(passed(check(request)), file=out, flush=True)


def failed(abort: Abort, out: TextIO) -> int:
    """Tell why nothing is started; the exit code."""
    print(abort.lines(), file=out, flush=True)
    return 1
