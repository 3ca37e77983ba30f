"""`manage.py load_universes`: symbols and universes that come with the project."""

from typing import Any

from django.core.management.base import BaseCommand

from market.universes import load_shipped


class Command(BaseCommand):
    help = "Load the symbols and universes that come with TickStock; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for key, members in load_shipped().items():
            self.stdout.write(f"{key}: {members} symbols")
