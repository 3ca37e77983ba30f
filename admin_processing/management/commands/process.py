"""`manage.py process`: a run, worked through here and now."""

from __future__ import annotations

import argparse
import getpass
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from admin_processing.runs import ledger, report, triggers
from admin_processing.runs.request import DAILY_PHASES, BadRequest, parse
from admin_processing.runs.triggers import Asker, RunUnderWay
from admin_processing.runs.worker import work_through

CANCELLED = 3
AS_ASKED = (
    *("universe", "source", "timeframe", "since", "through"),
    *("everything", "skip_market_check"),
)


class Command(BaseCommand):
    help = "Import, cache, indicators and patterns, in this process; workers that live help."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--phases", default=",".join(DAILY_PHASES), help="names with commas between"
        )
        parser.add_argument("--universe", default="")
        parser.add_argument("--symbols", default="", help="names with commas between")
        parser.add_argument("--source", default="", help="a provider; else the configured one")
        parser.add_argument("--timeframe", default="1d")
        parser.add_argument("--since", default="", help="YYYY-MM-DD")
        parser.add_argument("--through", default="", help="YYYY-MM-DD")
        parser.add_argument("--everything", action="store_true", help="known days, too")
        parser.add_argument("--skip-market-check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in AS_ASKED}
        asked |= {name: _list(options[name]) for name in ("phases", "symbols")}
        asker = Asker(getpass.getuser(), "command line")
        try:
            accepted = triggers.trigger(parse(asked), "command", asker, "process")
        except (BadRequest, RunUnderWay) as error:
            raise CommandError(str(error)) from error
        while work_through() or not self._over(accepted.run_id):
            time.sleep(0.5)
        self._tell(accepted.run_id)

    def _over(self, run_id: str) -> bool:
        run = report.run_of(run_id)
        return run is not None and run.status not in report.OPEN

    def _tell(self, run_id: str) -> None:
        run = report.run_of(run_id)
        assert run is not None
        told = report.told(run, ledger.now())
        for phase in told["phases"]:
            self.stdout.write(
                "{name}: {done} of {total} done, {failed} failed, {rows} rows".format(**phase)
            )
        self.stdout.write(f"run {run_id} {run.status} {run.note}".rstrip())
        if run.status == "failed":
            raise CommandError(run.error)
        if run.status == "cancelled":
            raise CommandError("the run was cancelled", returncode=CANCELLED)


def _list(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
