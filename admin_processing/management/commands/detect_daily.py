"""`manage.py detect_daily`: indicators and detections of stored daily bars."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from admin_processing.daily import detect
from market.universes import UnknownUniverse
from patterns.daily_plan import EVERY_DAY


def symbol_list(text: str) -> list[str]:
    """`A,B` as a list without repeats."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(
            f"--symbols {text} is not usable: names with commas between. Example: --symbols AAPL,F"
        )
    return list(dict.fromkeys(names))


def number_of_days(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or not 1 <= int(text) <= EVERY_DAY:
        raise argparse.ArgumentTypeError(
            f"--days {text} is not usable: a whole number from 1 to {EVERY_DAY}. Example: --days 5"
        )
    return int(text)


class Command(BaseCommand):
    help = "Find patterns in stored daily bars; safe to repeat."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--symbols", type=symbol_list, help="A,B; by default all that trade")
        chosen.add_argument("--universe", help="the symbols of a universe, by its key")
        span = parser.add_mutually_exclusive_group()
        span.add_argument(
            "--days", type=number_of_days, help="sessions; by default those not yet analysed"
        )
        span.add_argument(
            "--all", action="store_const", const=EVERY_DAY, dest="days", help="all of history"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = detect(options["symbols"], options["universe"], options["days"])
        except UnknownUniverse as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.symbols} symbols, {done.bars} bars: {done.formed} detections formed, "
            f"{done.revised} revised, {done.lives} went on"
        )
