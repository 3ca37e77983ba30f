"""The live engine: equal to history, to itself after revisions, and to itself after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patterns.analysis import Detection, MinuteAnalysis, StoredLife
from patterns.engine import REVISABLE_MINUTES, WARM_BARS, LiveEngine
from patterns.registry import Registry, standard
from patterns.restore import restore
from patterns.views import FIELDS
from tests.patterns.bars import HOUR, MINUTE, START, Minute, as_matrix, minute, session_start, walk
from tests.patterns.eager import eager, some

SYMBOLS = ["A", "B", "C", "D", "E"]
REGISTRY, RESTING = some(), some(cool_down=3)


def engine(symbols: Sequence[str] = SYMBOLS, registry: Registry = REGISTRY) -> LiveEngine:
    return LiveEngine(symbols, registry, session_start)


def by_bar(analyses: Sequence[MinuteAnalysis]) -> dict[tuple[str, int], np.ndarray]:
    """The latest indicator values of each (symbol, bar time)."""
    return {
        (analysis.symbols[row], analysis.bar_time_ms): values
        for analysis in analyses
        for row, values in zip(analysis.row.tolist(), analysis.values, strict=True)
    }


def found(analyses: Sequence[MinuteAnalysis]) -> dict[tuple[str, int], list[Detection]]:
    """The latest detections of each analysed (symbol, bar time)."""
    latest: dict[tuple[str, int], list[Detection]] = {}
    for analysis in analyses:
        for row in analysis.row.tolist():
            latest[analysis.symbols[row], analysis.bar_time_ms] = []
        for detection in analysis.found:
            latest[detection.symbol, detection.bar_time_ms].append(detection)
    return latest


def lives(analyses: Sequence[MinuteAnalysis]) -> dict[str, list]:
    """What was last told of the life of each detection that still holds."""
    there = {d.detection_id for detections in found(analyses).values() for d in detections}
    told = {c.detection.detection_id: c.life for a in analyses for c in a.changes}
    return {name: life for name, life in told.items() if life and name in there}


def assert_same(one: Sequence[MinuteAnalysis], other: Sequence[MinuteAnalysis]) -> None:
    """The same bits, whatever way led to them."""
    left, right = by_bar(one), by_bar(other)
    assert left.keys() == right.keys()
    for key, values in left.items():
        np.testing.assert_array_equal(values, right[key], err_msg=str(key))
    assert found(one) == found(other)
    assert lives(one) == lives(other)


def test_a_symbol_without_a_bar_does_not_move():
    live = engine()
    for m in walk(len(SYMBOLS), 30, traded=1.0):
        live.close(m)
    analysis = live.close(minute(START + 30 * MINUTE, {1: (50, 51, 49, 50, 100)}))
    assert analysis.row.tolist() == [1]
    assert live.window.count[: len(SYMBOLS)].tolist() == [30, 31, 30, 30, 30]


def test_a_minute_without_bars_gives_an_empty_analysis():
    analysis = engine().close(minute(START, {}))
    assert analysis.values.shape == (0, len(REGISTRY.shown))
    assert analysis.found == ()


def test_symbols_that_appear_later_are_taken_in():
    symbols = ["A"]
    live = engine(symbols)
    minutes = walk(200, 40, traded=1.0)
    early = [live.close(m.only(slice(0, 1))) for m in minutes[:20]]
    symbols += [f"N{i}" for i in range(199)]
    late = [live.close(m) for m in minutes[20:]]
    alone = engine(["A"])
    assert_same(
        [alone.close(m.only(slice(0, 1))) for m in minutes],
        early + [_of_row(a, 0) for a in late],
    )


def _of_row(analysis: MinuteAnalysis, row: int) -> MinuteAnalysis:
    chosen = analysis.row == row
    found = tuple(d for d in analysis.found if d.symbol == analysis.symbols[row])
    return replace(analysis, row=analysis.row[chosen], values=analysis.values[chosen], found=found)


def test_a_minute_that_was_closed_is_refused():
    live = engine()
    bars = minute(START, {0: (1, 2, 1, 2, 5)})
    live.close(bars)
    with pytest.raises(ValueError, match="A has a bar of this minute or a later one; late bars go"):
        live.close(bars)


def test_a_revision_beyond_memory_is_refused():
    live = engine()
    for m in walk(len(SYMBOLS), 60, traded=1.0):
        live.close(m)
    oldest = START + (60 - REVISABLE_MINUTES) * MINUTE
    live.revise([minute(oldest, {2: (50, 51, 49, 50, 9)})])
    with pytest.raises(ValueError, match="more than 17 bars of C are later"):
        live.revise([minute(oldest - MINUTE, {2: (50, 51, 49, 50, 9)})])


def test_a_revision_touches_its_symbol_from_the_revised_bar_on_and_nothing_else():
    live = engine()
    minutes = walk(len(SYMBOLS), 60, traded=1.0)
    for m in minutes:
        live.close(m)
    revised = live.revise([minute(START + 55 * MINUTE, {3: (50, 60, 49, 50, 5000)})])
    assert [a.bar_time_ms for a in revised] == [START + n * MINUTE for n in range(55, 60)]
    assert all(a.row.tolist() == [3] and a.revision for a in revised)


def merged(minutes: Sequence[Minute], changes: Sequence[Minute]) -> list[Minute]:
    """The minutes as they are after the changes."""
    tables = {m.minute_ms: _table(m) for m in minutes}
    for change in changes:
        tables.setdefault(change.minute_ms, {}).update(_table(change))
    return [minute(time_ms, bars) for time_ms, bars in sorted(tables.items())]


def _table(m: Minute) -> dict[int, tuple[float, ...]]:
    columns = zip(m.open, m.high, m.low, m.close, m.volume, strict=True)
    return {
        row: tuple(float(value) for value in bar)
        for row, bar in zip(m.symbol_id.tolist(), columns, strict=True)
    }


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**31),
    traded=st.floats(0.2, 1.0),
    closed=st.integers(1, 60),
    changes=st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 4), st.floats(-1, 1), st.integers(0, 9999)),
        min_size=1,
        max_size=8,
    ),
)
def test_revising_equals_computing_from_scratch(seed, traded, closed, changes):
    minutes = merged(walk(len(SYMBOLS), closed + 10, seed, traded), [])
    live = engine(registry=RESTING)
    analyses = [live.close(m) for m in minutes[:closed]]
    by_minute: dict[int, dict[int, tuple[float, ...]]] = {}
    for back, row, move, volume in changes:
        price = 50 + round(move, 2)
        bar = (50.0, max(50.0, price) + 0.05, min(50.0, price) - 0.05, price, float(volume))
        time_ms = max(START, START + (closed - 1 - back) * MINUTE)
        by_minute.setdefault(time_ms, {})[row] = bar
    revisions = [minute(time_ms, bars) for time_ms, bars in by_minute.items()]
    analyses += live.revise(revisions)
    analyses += [live.close(m) for m in minutes[closed:]]

    scratch = engine(registry=RESTING)
    final = merged(minutes[:closed], revisions) + minutes[closed:]
    assert_same(analyses, [scratch.close(m) for m in final])


def test_a_warmed_engine_goes_on_bit_for_bit():
    minutes = walk(len(SYMBOLS), WARM_BARS + 110, seed=5, traded=0.9)
    stop = WARM_BARS + 60
    whole = engine(registry=RESTING)
    before = [whole.close(m) for m in minutes[:stop]]
    expected = [whole.close(m) for m in minutes[stop:]]
    known = as_matrix(minutes[:stop], SYMBOLS)
    told = lives(before)
    stored = [StoredLife(d, told.get(d.detection_id, [])) for a in before for d in a.found]
    for history in (known, _last_bars(known, WARM_BARS)):
        warmed = engine(registry=RESTING)
        warmed.warm(history)
        restore(warmed, stored)
        again = [warmed.close(m) for m in minutes[stop:]]
        assert found(again) == found(expected)
        assert [a.changes for a in again] == [a.changes for a in expected]
        never_stopped = by_bar(expected)
        for key, values in by_bar(again).items():
            np.testing.assert_allclose(values, never_stopped[key], rtol=1e-9)


def test_what_is_restored_of_later_bars_is_found_again():
    """A start goes back some minutes: lives that were stored after that are not known yet."""
    minutes = walk(len(SYMBOLS), 130, seed=6)
    whole = engine(registry=RESTING)
    analyses = [whole.close(m) for m in minutes]
    told = lives(analyses)
    stored = [StoredLife(d, told.get(d.detection_id, [])) for a in analyses for d in a.found]
    warmed = engine(registry=RESTING)
    warmed.warm(as_matrix(minutes[:100], SYMBOLS))
    restore(warmed, stored)
    again = [warmed.close(m) for m in minutes[100:]]
    assert found(again) == found(analyses[100:])
    assert [sorted(map(str, a.changes)) for a in again] == [
        sorted(map(str, a.changes)) for a in analyses[100:]
    ]


def test_a_stored_detection_of_a_detector_that_is_switched_off_still_ends():
    bars = [(60 - n, 60.2 - n, 58.8 - n, 59.0 - n, 100.0) for n in range(20)]
    bars.append((39.9, 42.5, 39.8, 42.0, 300.0))
    minutes = [minute(START + n * MINUTE, {0: bar}) for n, bar in enumerate(bars)]
    whole = engine()
    *_, last = [whole.close(m) for m in minutes]
    stored = [StoredLife(d, []) for d in last.found if d.pattern_type == "engulfing"]
    without = LiveEngine(SYMBOLS, Registry([], []), session_start)
    without.warm(as_matrix(minutes, SYMBOLS))
    restore(without, stored)
    failed = without.close(minute(START + 21 * MINUTE, {0: (42.0, 42.1, 39.0, 39.1, 100.0)}))
    assert [change.life for change in failed.changes] == [[["failed", START + 21 * MINUTE]]]


def test_other_detectors_are_taken_on_while_the_window_is_deep_enough():
    live = engine()
    minutes = walk(len(SYMBOLS), 60, seed=8)
    for m in minutes[:50]:
        live.close(m)
    fewer = Registry(REGISTRY.indicators, [d for d in REGISTRY.detectors if d.span == 1])
    assert live.fits(fewer)
    assert not live.fits(standard())
    live.use(fewer)
    after = [live.close(m) for m in minutes[50:]]
    assert {d.pattern_type for a in after for d in a.found} <= {
        d.pattern_type for d in fewer.detectors
    }
    assert any(change.detection.pattern_type == "harami" for a in after for change in a.changes)


def _last_bars(matrix, bars: int):
    fields = {name: getattr(matrix, name)[:, -bars:] for name in FIELDS}
    return replace(matrix, count=np.minimum(matrix.count, bars), **fields)


def test_a_warmed_engine_can_be_revised():
    minutes = merged(walk(len(SYMBOLS), 120, seed=9, traded=0.7), [])
    change = minute(START + 112 * MINUTE, {0: (50, 50.5, 49.5, 50.2, 77)})
    whole, warmed = engine(), engine()
    analyses = [whole.close(m) for m in minutes]
    del analyses
    warmed.warm(as_matrix(minutes, SYMBOLS))
    assert_same(whole.revise([change]), warmed.revise([change]))


def test_warming_leaves_out_what_the_engine_does_not_know():
    minutes = walk(3, 50, traded=1.0)
    history = as_matrix(minutes, ["X", "B", "Y"])
    live = engine()
    live.warm(history)
    assert live.window.count[: len(SYMBOLS)].tolist() == [0, 50, 0, 0, 0]
    nothing = engine(["Z"])
    nothing.warm(history)
    assert nothing.window.room == 0


def test_warming_again_forgets_what_was_there():
    live = engine()
    for m in walk(len(SYMBOLS), 100, seed=2):
        live.close(m)
    minutes = walk(len(SYMBOLS), 90, seed=3)
    live.warm(as_matrix(minutes[:80], SYMBOLS))
    fresh = engine()
    for m in minutes[:80]:
        fresh.close(m)
    assert_same([live.close(m) for m in minutes[80:]], [fresh.close(m) for m in minutes[80:]])


def test_detections_on_a_partial_bar_say_so():
    doji = Registry([], [eager(standard().detector("doji"))])
    live = engine(["A"], doji)
    for number in range(25):
        live.close(minute(START + number * MINUTE, {0: (50, 50.2, 49.8, 50, 10)}))
    partial = live.close(minute(START + 25 * MINUTE, {0: (50, 50.4, 49.9, 50, 10)}, partial=True))
    after = live.close(minute(START + 26 * MINUTE, {0: (50, 50.4, 49.9, 50, 10)}))
    assert [d.pattern_data.get("partial") for d in partial.found] == [True]
    assert [d.pattern_data.get("partial") for d in after.found] == [None]


def test_an_engine_of_nothing_still_keeps_the_bars():
    live = LiveEngine(["A"], Registry([], []), session_start)
    analysis = live.close(minute(START, {0: (1, 2, 1, 2, 5)}))
    assert analysis.values.shape == (1, 0)
    assert live.window.last_ms(np.array([0])).tolist() == [START]


def test_sessions_begin_anew_each_hour():
    assert session_start(START + HOUR) - session_start(START) == HOUR
