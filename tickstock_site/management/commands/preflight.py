"""`manage.py preflight`: would everything start? Nothing is started."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickstock_site.preflight.checks import failed, run_checks
from tickstock_site.preflight.outcome import Abort, passed
from tickstock_site.preflight.repair import REPAIRS
from tickstock_site.preflight.request import StartRequest, add_arguments


class Command(BaseCommand):
    help = "Check all that start_all_services needs, and say how to put right what is missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)
        parser.add_argument("--repair", choices=sorted(REPAIRS), help="put this right, and exit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["repair"]:
                print(passed(REPAIRS[options["repair"]]()))
            else:
                run_checks(StartRequest.of(options), sys.stdout)
        except Abort as abort:
            sys.exit(failed(abort, sys.stderr))
