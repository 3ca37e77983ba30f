"""`manage.py disk_growth`: how much disk a trading day takes, by number of symbols."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from admin_processing.growth import growth, read_sizes, report


class Command(BaseCommand):
    help = "Print the disk growth a day by number of symbols, from the rows in this database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--symbols", type=int, nargs="+", default=[70, 500, 11_000])
        parser.add_argument("--minutes", type=int, default=390, help="minutes of a trading day")

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            found = growth(*read_sizes(cursor))
        for line in report(found, options["symbols"], options["minutes"]):
            self.stdout.write(line)
