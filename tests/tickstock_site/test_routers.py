"""Which connection a model is read and written through, by process."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from market.models import MinuteBar
from patterns.models import DetectorSetting
from streaming.models import StreamingSession
from tickstock_site.routers import ProcessRouter


@pytest.mark.parametrize(
    ("process", "model", "alias"),
    [
        ("web", MinuteBar, "readonly"),
        ("web", StreamingSession, "readonly"),
        ("web", User, None),
        ("web", DetectorSetting, None),
        ("stream", MinuteBar, None),
        ("worker", MinuteBar, None),
    ],
)
def test_the_web_reads_market_data_as_readonly(
    settings: Any, process: str, model: Any, alias: str | None
) -> None:
    settings.TICKSTOCK_PROCESS = process
    assert ProcessRouter().db_for_read(model) == alias
    assert ProcessRouter().db_for_write(model) is None


@pytest.mark.parametrize(
    ("process", "alias", "may"),
    [
        ("web", "default", False),
        ("stream", "default", False),
        ("owner", "default", True),
        ("owner", "owner", True),
        ("test", "default", True),
        ("test", "readonly", False),
    ],
)
def test_only_the_owner_makes_tables(settings: Any, process: str, alias: str, may: bool) -> None:
    settings.TICKSTOCK_PROCESS = process
    assert ProcessRouter().allow_migrate(alias, "market") is may


def test_models_of_all_aliases_may_be_related() -> None:
    assert ProcessRouter().allow_relation(User(), User())
