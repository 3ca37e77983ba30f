"""What usually trades at a time of day, in quarters of an hour."""

from __future__ import annotations

import numpy as np
import pytest

from patterns.volume_profile import SLOT_MINUTES, VolumeProfile

ROWS = np.array([0, 1, 2])


@pytest.fixture
def profile() -> VolumeProfile:
    """Two symbols known: one in all of three quarters, one in the second alone."""
    made = VolumeProfile()
    rows, slots = np.array([0, 0, 0, 1]), np.array([0, 1, 2, 1])
    made.set(rows, slots, np.array([10.0, 20.0, 40.0, 7.0]), symbols=2)
    return made


@pytest.mark.parametrize(
    ("minute", "minutes", "expected"),
    [
        (0, 1, 10.0),
        (14, 1, 10.0),
        (15, 1, 20.0),
        (13, 5, 2 * 10.0 + 3 * 20.0),
        (0, 45, 15 * (10.0 + 20.0 + 40.0)),
        (44, 1, 40.0),
    ],
)
def test_the_volume_of_some_minutes_is_added_up_from_their_quarters(
    profile, minute, minutes, expected
):
    assert profile.expected(ROWS[:1], minute, minutes).tolist() == [expected]


def test_who_has_no_mean_there_is_unknown(profile):
    np.testing.assert_array_equal(profile.expected(ROWS, 15, 1), [20.0, 7.0, np.nan])
    np.testing.assert_array_equal(profile.expected(ROWS, 0, 1), [10.0, np.nan, np.nan])
    np.testing.assert_array_equal(profile.expected(ROWS, 10, 10), [150.0, np.nan, np.nan])


@pytest.mark.parametrize("minute", [-1, 45, 44])
def test_out_of_the_session_nothing_is_expected(profile, minute):
    assert np.isnan(profile.expected(ROWS, minute, 2)).all()


def test_without_a_profile_nothing_is_expected():
    assert np.isnan(VolumeProfile().expected(ROWS, 0, 1)).all()


def test_a_new_profile_replaces_the_old(profile):
    profile.set(np.array([2]), np.array([0]), np.array([3.0]), symbols=3)
    np.testing.assert_array_equal(profile.expected(ROWS, 0, 2), [np.nan, np.nan, 6.0])
    assert np.isnan(profile.expected(ROWS, SLOT_MINUTES, 1)).all()
