"""Which sources stand beside each other."""

from itertools import product

from market.sources import may_mix

REAL = ("massive", "flatfiles", "folder")


def test_real_sources_may_mix_and_any_other_stands_alone():
    assert all(may_mix(stored, wanted) for stored, wanted in product(REAL, REAL))
    for other in ("synthetic", "replay", ""):
        assert may_mix(other, other)
        assert not any(may_mix(other, real) or may_mix(real, other) for real in REAL)
    assert not may_mix("synthetic", "replay")
