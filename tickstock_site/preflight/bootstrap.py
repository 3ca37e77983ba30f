"""What manage.py does before Django loads: a start without its packages or settings stops here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tickstock_site.preflight.outcome import OWN_SERVICES, Abort, passed

STARTING_COMMANDS = ("start_all_services", "preflight")
WHY_SETTINGS = "a setting that can not be used would fail later, or change what is stored"


def before_django(argv: Sequence[str]) -> None:
    """Check packages, where all is to be started, and settings; exit with 1 if they fail."""
    starting = len(argv) > 1 and argv[1] in STARTING_COMMANDS and "--help" not in argv
    try:
        if starting:
            from tickstock_site.preflight.packages import check_packages

            print(passed(check_packages()), flush=True)
        check_settings()
        if starting:
            print(passed("Settings can all be used"), flush=True)
    except Abort as abort:
        print(abort.lines(), file=sys.stderr, flush=True)
        sys.exit(1)


def check_settings() -> None:
    """Read every setting; raises Abort for the first that can not be used."""
    from django.core.exceptions import ImproperlyConfigured

    from tickstock_site.env import SettingError

    try:
        from tickstock_site import settings  # noqa: F401
    except SettingError as error:
        raise _abort(error) from None
    except ImproperlyConfigured as error:
        what = str(error).partition(":")[0]
        raise Abort(what, WHY_SETTINGS, OWN_SERVICES) from None


def _abort(error: object) -> Abort:
    name, example = getattr(error, "name", ""), getattr(error, "example", "")
    return Abort(str(error).partition(". Example:")[0], WHY_SETTINGS, f"export {name}={example}")
