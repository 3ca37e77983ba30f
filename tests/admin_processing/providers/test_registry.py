"""Which source of history is meant."""

from __future__ import annotations

import pytest

from admin_processing.providers import registry
from admin_processing.providers.base import ProviderRefused


@pytest.mark.parametrize(
    ("named", "key", "made_up", "meant"),
    [
        ("", "", False, "synthetic"),
        ("", "k", False, "massive"),
        ("", "k", True, "synthetic"),
        ("flatfiles", "k", False, "flatfiles"),
        ("massive", "", False, "massive"),
        ("folder", "", True, "folder"),
    ],
)
def test_the_settings_say_which_source_is_usual(settings, named, key, made_up, meant):
    settings.DAILY_SOURCE, settings.MASSIVE_API_KEY = named, key
    settings.USE_SYNTHETIC_DATA = made_up
    assert registry.configured_name() == meant


def test_every_source_can_be_made_and_has_its_own_name(settings, tmp_path):
    (tmp_path / "us_stocks_sip").mkdir()
    settings.MASSIVE_API_KEY, settings.IMPORT_FOLDER = "k", str(tmp_path)
    assert [registry.provider(name).name for name in registry.MAKERS] == list(registry.MAKERS)
    settings.DAILY_SOURCE = "flatfiles"
    assert registry.provider().name == "flatfiles"


def test_an_unknown_source_is_refused_with_what_may_be_meant():
    with pytest.raises(ProviderRefused, match=r"'flatfile'\. Did you mean 'flatfiles'\?"):
        registry.provider("flatfile")
    with pytest.raises(ProviderRefused, match="one of: massive, flatfiles, folder, synthetic"):
        registry.provider("yahoo")


def test_massive_needs_a_key(settings):
    settings.MASSIVE_API_KEY = ""
    with pytest.raises(ProviderRefused, match="MASSIVE_API_KEY is not set"):
        registry.provider("massive")
