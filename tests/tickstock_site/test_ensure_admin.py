"""`manage.py ensure_admin`."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def test_the_first_administrator_can_sign_in_with_the_printed_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("ensure_admin")
    found = re.search(r"Sign in as admin with password (\S+)", capsys.readouterr().out)
    assert found is not None
    user = authenticate(username="admin", password=found.group(1))
    assert user is not None
    assert user.is_superuser
    assert user.is_staff


def test_a_second_call_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("ensure_admin")
    capsys.readouterr()
    call_command("ensure_admin")
    assert capsys.readouterr().out == ""
    assert get_user_model().objects.count() == 1


def test_somebody_elses_account_is_not_taken_over() -> None:
    get_user_model().objects.create_user("admin", password="theirs")
    with pytest.raises(CommandError, match="somebody else's name"):
        call_command("ensure_admin")
    assert authenticate(username="admin", password="theirs") is not None
