"""The options of `stream_ticks`: what is taken, and what a refusal says."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from streaming.management.commands.stream_ticks import default_source, shard, speed


@pytest.mark.parametrize(("text", "number"), [("1", 1.0), ("0.5", 0.5), ("600", 600.0)])
def test_a_speed_is_a_number(text: str, number: float) -> None:
    assert speed(text) == number


def test_as_fast_as_it_goes_is_no_number() -> None:
    assert speed("max") is None


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "1e9"])
def test_a_bad_speed_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"not usable.*Example: --speed 60"):
        speed(text)


def test_a_shard_is_one_of_some() -> None:
    assert shard("1/4") == (1, 4)


@pytest.mark.parametrize("text", ["4/4", "1", "a/b", "-1/2", "1/0", ""])
def test_a_bad_shard_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="Example: --shard 0/2"):
        shard(text)


@pytest.mark.parametrize(
    ("key", "synthetic", "source"),
    [("", False, "synthetic"), ("secret", False, "massive"), ("secret", True, "synthetic")],
)
def test_a_key_makes_the_market_real(settings: Any, key: str, synthetic: bool, source: str) -> None:
    settings.MASSIVE_API_KEY, settings.USE_SYNTHETIC_DATA = key, synthetic
    assert default_source() == source
