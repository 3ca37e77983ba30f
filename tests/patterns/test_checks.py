"""`manage.py check` names what does not load."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from patterns import checks, registry


def test_all_that_is_registered_loads():
    assert checks.definitions_load(None) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("raise RuntimeError('no such table')", "RuntimeError: no such table"),
        ("DEFINITIONS = ()", "it lists no DEFINITIONS"),
        ("", "AttributeError"),
    ],
)
def test_a_module_that_does_not_load_is_named(tmp_path, monkeypatch, content, reason):
    import patterns.indicators as package

    (tmp_path / "broken.py").write_text(content)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "INDICATOR_MODULES", ("rsi", "broken"))
    sys.modules.pop("patterns.indicators.broken", None)
    [error] = checks.definitions_load(None)
    assert error.id == "tickstock.E101"
    assert "indicator module 'broken'" in error.msg
    assert reason in error.msg
    sys.modules.pop("patterns.indicators.broken", None)


def test_definitions_that_do_not_fit_together_are_named(monkeypatch):
    def misfit() -> ModuleType:
        raise ValueError("Two detectors have the same pattern_type")

    monkeypatch.setattr(registry, "standard", misfit)
    [error] = checks.definitions_load(None)
    assert error.id == "tickstock.E102"
    assert "Two detectors" in error.msg


def test_an_indicator_to_be_stored_that_is_unknown_is_named_with_a_near_one(settings):
    settings.INDICATORS_STORED = ["all", "VWAP", "RSI14"]
    [error] = checks.definitions_load(None)
    assert error.id == "tickstock.E103"
    assert error.msg == "INDICATORS_STORED: Unknown indicator 'RSI14'. Did you mean 'RSI_14'?"
