"""`manage.py start_all_services`: everything on one machine, under one supervisor."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickstock_site.preflight.checks import failed, run_checks
from tickstock_site.preflight.outcome import Abort
from tickstock_site.preflight.request import StartRequest, add_arguments
from tickstock_site.supervisor.service import run_all


class Command(BaseCommand):
    help = "Check everything, then run web, worker, beat and stream until Ctrl+C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        request = StartRequest.of(options)
        try:
            run_checks(request, sys.stdout)
            code = run_all(request)
        except Abort as abort:
            code = failed(abort, sys.stderr)
        if code:
            sys.exit(code)
