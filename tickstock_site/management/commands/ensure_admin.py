"""`manage.py ensure_admin`: a first administrator, whose password is printed once."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

PASSWORD_BYTES = 12


class Command(BaseCommand):
    help = "Make a first administrator if there is none; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="admin", help="the administrator's name")

    def handle(self, *args: Any, **options: Any) -> None:
        made = first_admin(options["name"])
        if made:
            self.stdout.write(f"Sign in as {options['name']} with password {made}")
            self.stdout.write("It is shown this once: change it under /admin/password_change/.")


def first_admin(name: str) -> str | None:
    """The password of the administrator that was made; None if there is one already."""
    users = get_user_model().objects
    with transaction.atomic():
        if users.filter(is_superuser=True, is_active=True).exists():
            return None
        if users.filter(username=name).exists():
            raise CommandError(f"{name} is somebody else's name: ensure_admin --name another")
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        users.create_superuser(username=name, password=password)
    return password
