"""Checkouts whose services run, for the tests of `bin/services`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _services import state

from tests.bin.checkout import Checkout, make_checkout


def reference_way() -> str:
    """The way with TimescaleDB that serves this machine."""
    way = state.load().way
    if way not in ("system", "tree"):
        pytest.skip("TimescaleDB is not run by bin/services here")
    return way


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose services, with TimescaleDB, have been started once."""
    made = make_checkout(tmp_path_factory.mktemp("services") / "checkout", reference_way())
    try:
        made.start()
        yield made
    finally:
        made.services("stop")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout whose services are the embedded ones."""
    made = make_checkout(tmp_path_factory.mktemp("embedded") / "checkout", "embedded")
    try:
        made.start()
        yield made
    finally:
        made.services("stop")
