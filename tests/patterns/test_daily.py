"""Daily bars into analyses: what they hold, what a split does not do to them, and what comes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from patterns import daily as tier
from patterns.adjustments import PRICES, Adjustment
from patterns.analysis import Detection, MinuteAnalysis
from patterns.evaluate import analyse_history
from patterns.life import entries, lives_of
from patterns.matrix import BarMatrix, align_right
from patterns.registry import Registry, standard

REGISTRY = standard()


@pytest.fixture(scope="module")
def some(daily: BarMatrix) -> BarMatrix:
    """Every twenty-fifth of the real symbols; each bar is a session."""
    return alone(daily.take(range(0, len(daily.symbols), 25)))


def alone(matrix: BarMatrix) -> BarMatrix:
    return replace(matrix, session_ms=matrix.time_ms)


@pytest.fixture(scope="module")
def whole(some: BarMatrix) -> list[MinuteAnalysis]:
    return tier.analyse(some, REGISTRY, 0)


def detections(analyses: list[MinuteAnalysis]) -> dict[str, Detection]:
    return {found.detection_id: found for analysis in analyses for found in analysis.found}


def lives(analyses: list[MinuteAnalysis]) -> dict[str, list[list[str | int]]]:
    """The last that is said of each detection."""
    return {
        change.detection.detection_id: change.life
        for analysis in analyses
        for change in analysis.changes
    }


def expected_lives(matrix: BarMatrix, registry: Registry) -> dict[str, list[list[str | int]]]:
    """By the rule for columns, over all that history finds."""
    made = {}
    _, blocks = analyse_history(matrix, registry, "1d", tier.longer_trend(matrix))
    for hits in blocks:
        known = lives_of(matrix, hits)
        first = matrix.bars - matrix.count[hits.row]
        for number, found in enumerate(hits.detections(matrix.symbols, "1d")):
            bars = [int(bar[number]) for bar in (known.confirmed, known.ended)]
            row_ms = matrix.time_ms[hits.row[number], first[number] :]
            times = [-1 if bar < 0 else int(row_ms[bar]) for bar in bars]
            made[found.detection_id] = entries(int(known.state[number]), *times)
    return made


def test_every_bar_is_in_the_analysis_of_its_time(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    times = [analysis.bar_time_ms for analysis in whole]
    assert times == np.unique(some.time_ms[some.time_ms >= 0]).tolist()
    for analysis in whole[:: len(whole) // 20]:
        traded = np.flatnonzero((some.time_ms == analysis.bar_time_ms).any(axis=1))
        assert analysis.row.tolist() == traded.tolist()
        assert (analysis.timeframe, analysis.symbols) == ("1d", some.symbols)


def test_values_detections_and_lives_are_those_of_history(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    chosen = REGISTRY.for_timeframe("1d")
    outputs, blocks = analyse_history(some, chosen, "1d", tier.longer_trend(some))
    made = [found for hits in blocks for found in hits.detections(some.symbols, "1d")]
    expected = {found.detection_id: found for found in made}
    assert detections(whole) == expected
    assert len(expected) > 1000
    told = lives(whole)
    assert {key: told.get(key, []) for key in expected} == expected_lives(some, chosen)
    for analysis in whole[:: len(whole) // 20]:
        row, column = np.nonzero(some.time_ms == analysis.bar_time_ms)
        for name, values in zip(analysis.names, analysis.values.T, strict=True):
            np.testing.assert_array_equal(values, outputs[name][row, column], err_msg=name)


def test_what_is_found_of_a_day_does_not_depend_on_where_history_starts(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    since = whole[-60].bar_time_ms
    short = tier.analyse(last_bars(some, 560), REGISTRY, since)
    assert [a.bar_time_ms for a in short] == [a.bar_time_ms for a in whole[-60:]]
    assert detections(short) == detections(whole[-60:])
    told = lives(whole)
    for key, life in lives(short).items():
        assert told.get(key, []) == life


def last_bars(matrix: BarMatrix, bars: int) -> BarMatrix:
    fields = {
        name: getattr(matrix, name)[:, -bars:]
        for name in BarMatrix.__dataclass_fields__
        if name not in ("symbols", "count")
    }
    return BarMatrix(matrix.symbols, np.minimum(matrix.count, bars), **fields)


@pytest.mark.slow
def test_a_day_at_a_time_says_what_all_days_at_once_say(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    days = [analysis.bar_time_ms for analysis in whole[-5:]]
    found: dict[str, Detection] = {}
    told = expected_lives(some.until(some.bars - 5), REGISTRY)
    for number, day in enumerate(days):
        [analysis] = tier.analyse(some.until(some.bars - 4 + number), REGISTRY, day)
        found |= detections([analysis])
        told |= lives([analysis])
    assert found == detections(whole[-5:])
    assert told == expected_lives(some, REGISTRY)


def test_a_detection_of_an_earlier_day_is_told_of_when_it_ends(whole: list[MinuteAnalysis]) -> None:
    ended = [
        change
        for analysis in whole
        for change in analysis.changes
        if change.life and change.life[-1][1] == analysis.bar_time_ms
    ]
    assert Counter(change.life[-1][0] for change in ended).keys() >= {
        "target_reached",
        "failed",
        "expired",
    }
    assert all(change.detection.bar_time_ms < change.life[-1][1] for change in ended)


# --- splits -------------------------------------------------------------------------------------

FOUR_FOR_ONE, ONE_FOR_TEN = 0.25, 10.0


def split_on(matrix: BarMatrix, row: int, bar: int, factor: float) -> Adjustment:
    day = datetime.fromtimestamp(matrix.time_ms[row, bar] / 1000, UTC).date()
    return Adjustment.split(matrix.symbols[row], day, factor)


def as_traded(matrix: BarMatrix, known: list[Adjustment]) -> BarMatrix:
    """The bars as they would have been traded, had there been these splits."""
    fields = {name: np.array(getattr(matrix, name), order="F") for name in (*PRICES, "volume")}
    for split in known:
        row = matrix.symbols.index(split.symbol)
        before = matrix.time_ms[row] < split.day_ms
        for name in PRICES:
            fields[name][row, before] /= split.price
        fields["volume"][row, before] /= split.volume
    return replace(matrix, **fields)


def invented(matrix: BarMatrix) -> list[Adjustment]:
    """A split of each symbol, of one kind or the other, and a second one of some."""
    known = []
    for row in range(len(matrix.symbols)):
        factor = FOUR_FOR_ONE if row % 2 else ONE_FOR_TEN
        known.append(split_on(matrix, row, -300 + row, factor))
        if row % 3 == 0:
            known.append(split_on(matrix, row, -70 + row, FOUR_FOR_ONE))
    return known


def test_a_split_makes_and_hides_no_detection(some: BarMatrix, whole: list[MinuteAnalysis]) -> None:
    known = invented(some)
    split = detections(tier.analyse(as_traded(some, known), REGISTRY, 0, known))
    plain = detections(whole)
    assert split.keys() == plain.keys()
    for key, found in split.items():
        assert found.bar_time_ms == plain[key].bar_time_ms
        assert found.pattern_data["bars"] == plain[key].pattern_data["bars"]
        assert found.confidence == pytest.approx(plain[key].confidence, abs=1e-9)


def test_a_split_that_nobody_knew_of_would_look_like_a_crash(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    known = invented(some)
    unknown = detections(tier.analyse(as_traded(some, known), REGISTRY, 0))
    assert len(unknown.keys() ^ detections(whole).keys()) > 50


@pytest.mark.slow
def test_lives_go_on_through_a_split(some: BarMatrix, whole: list[MinuteAnalysis]) -> None:
    """Powers of two are divided by without rounding: even a close just at a level stays there."""
    known = [Adjustment.split(split.symbol, split.day, FOUR_FOR_ONE) for split in invented(some)]
    split = lives(tier.analyse(as_traded(some, known), REGISTRY, 0, known))
    assert split == lives(whole)


def test_of_other_splits_only_a_close_just_at_a_level_may_go_either_way(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    known = invented(some)
    split = lives(tier.analyse(as_traded(some, known), REGISTRY, 0, known))
    plain = lives(whole)
    assert split.keys() == plain.keys()
    assert sum(split[key] != plain[key] for key in plain) < 0.003 * len(plain)


@pytest.mark.slow
def test_what_was_found_before_a_split_keeps_every_bit(some: BarMatrix) -> None:
    bar = some.bars - 90
    known = [
        split_on(some, row, bar, FOUR_FOR_ONE if row % 2 else ONE_FOR_TEN)
        for row in range(len(some.symbols))
    ]
    traded = as_traded(some, known)
    before = tier.analyse(traded.until(bar), REGISTRY, 0)
    after = tier.analyse(traded, REGISTRY, 0, known)[: len(before)]
    assert [a.found for a in after] == [b.found for b in before]
    assert sum(len(b.found) for b in before) > 1000
    assert [a.row.tolist() for a in after] == [b.row.tolist() for b in before]
    for one, other in zip(after, before, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_prices_are_those_of_their_own_day(some: BarMatrix) -> None:
    known = invented(some)
    traded = as_traded(some, known)
    closes = {
        (symbol, int(time_ms)): close
        for row, symbol in enumerate(traded.symbols)
        for time_ms, close in zip(traded.time_ms[row], traded.close[row], strict=True)
    }
    for found in detections(tier.analyse(traded, REGISTRY, 0, known)).values():
        assert found.price == closes[found.symbol, found.bar_time_ms]


@pytest.mark.slow
def test_a_split_before_the_first_bar_or_after_the_last_changes_nothing(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    known = [
        Adjustment.split(some.symbols[0], date(1990, 1, 2), FOUR_FOR_ONE),
        Adjustment.split(some.symbols[1], date(2030, 1, 2), ONE_FOR_TEN),
    ]
    assert detections(tier.analyse(some, REGISTRY, 0, known)) == detections(whole)


# --- dividends ----------------------------------------------------------------------------------


def dividend_on(matrix: BarMatrix, row: int, bar: int, share: float) -> Adjustment:
    """So much of the close before is paid."""
    day = datetime.fromtimestamp(matrix.time_ms[row, bar] / 1000, UTC).date()
    return Adjustment.dividend(matrix.symbols[row], day, share, 1.0)


def quarterly(matrix: BarMatrix, share: float, first: int = 40) -> list[Adjustment]:
    """A dividend every 63 bars of each symbol, in order."""
    known = [
        dividend_on(matrix, row, bar, share)
        for row in range(len(matrix.symbols))
        for bar in range(matrix.bars - int(matrix.count[row]) + first, matrix.bars, 63)
    ]
    return sorted(known, key=lambda item: item.day)


def test_dividends_make_and_hide_no_detection(some: BarMatrix, whole: list[MinuteAnalysis]) -> None:
    known = quarterly(some, 0.05)
    traded = as_traded(some, known)
    paid, plain = detections(tier.analyse(traded, REGISTRY, 0, known)), detections(whole)
    both = paid.keys() & plain.keys()
    # A few hold just at their edge, where the last bit of a product decides.
    assert len(paid.keys() ^ plain.keys()) < 0.002 * len(plain)
    moved = [key for key in both if abs(paid[key].confidence - plain[key].confidence) > 1e-6]
    assert len(moved) < 0.002 * len(plain)
    for key in both:
        assert paid[key].pattern_data["bars"] == plain[key].pattern_data["bars"]
    unknown = detections(tier.analyse(traded, REGISTRY, 0))
    assert len(unknown.keys() ^ plain.keys()) > 500


def test_detections_and_lives_go_on_through_dividends(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    """Half the price is divided by without rounding: even a close just at a level stays there."""
    known = quarterly(some, 0.5, 700)
    analyses = tier.analyse(as_traded(some, known), REGISTRY, 0, known)
    assert lives(analyses) == lives(whole)
    assert detections(analyses).keys() == detections(whole).keys()


@pytest.mark.slow
def test_what_was_found_before_a_dividend_keeps_every_bit(some: BarMatrix) -> None:
    """Many dividends before it, one more after: and a split, too."""
    bar = some.bars - 90
    last = [dividend_on(some, row, bar, 0.03) for row in range(len(some.symbols))]
    split = [split_on(some, row, bar + 30, ONE_FOR_TEN) for row in range(0, len(some.symbols), 2)]
    earlier = [item for item in quarterly(some, 0.01) if item.day < min(i.day for i in last)]
    known = sorted([*earlier, *last, *split], key=lambda item: item.day)
    traded = as_traded(some, known)
    before = tier.analyse(traded.until(bar), REGISTRY, 0, earlier)
    after = tier.analyse(traded, REGISTRY, 0, known)[: len(before)]
    assert [a.found for a in after] == [b.found for b in before]
    assert sum(len(b.found) for b in before) > 1000
    for one, other in zip(after, before, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_prices_are_as_traded_on_their_own_day_though_dividends_came_before_and_after(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    known = quarterly(some, 0.05)
    traded = as_traded(some, known)
    worth = dict(zip(cells(some), (traded.close / some.close).ravel().tolist(), strict=True))
    closes = dict(zip(cells(some), traded.close.ravel().tolist(), strict=True))
    plain = detections(whole)
    drawn = 0
    for key, found in detections(tier.analyse(traded, REGISTRY, 0, known)).items():
        cell = (found.symbol, found.bar_time_ms)
        assert found.price == found.pattern_data["price"] == closes[cell]
        if key not in plain:
            continue
        expected = plain[key].pattern_data
        for name, level in found.pattern_data.get("levels", {}).items():
            assert level == pytest.approx(expected["levels"][name] * worth[cell], abs=1e-5)
        for name, (moment, price) in (
            found.pattern_data.get("geometry", {}).get("pivots", {}).items()
        ):
            drawn += 1
            then, was = expected["geometry"]["pivots"][name]
            assert moment == then
            assert price == pytest.approx(was * worth[cell], abs=1e-5)
    assert drawn > 1000


def cells(matrix: BarMatrix) -> list[tuple[str, int]]:
    return [
        (symbol, time_ms)
        for symbol, times in zip(matrix.symbols, matrix.time_ms.tolist(), strict=True)
        for time_ms in times
    ]


def test_indicators_that_are_prices_are_in_the_shares_of_their_day(some: BarMatrix) -> None:
    """By hand: after 2 % are paid, the mean of 20 closes takes 98 % of each close before it."""
    one = some.rows(0, 1)
    known = [dividend_on(one, 0, -10, 0.02)]
    chosen = REGISTRY.only(["SMA_20", "RSI_14", "OBV_DAILY"])
    analyses = tier.analyse(one, chosen, int(one.time_ms[0, -12]), known)
    means = [a.values[0, a.names.index("SMA_20")] for a in analyses]
    closes = one.close[0]
    assert means[1] == pytest.approx(closes[-30:-10].mean(), rel=1e-12)
    first = (0.98 * closes[-29:-10].sum() + closes[-10]) / 20
    assert means[2] == pytest.approx(first, rel=1e-12)
    last = (0.98 * closes[-20:-10].sum() + closes[-10:].sum()) / 20
    assert means[-1] == pytest.approx(last, rel=1e-12)


def test_a_steady_total_return_shows_no_ex_date_to_any_detector() -> None:
    """0.05 % a day and 4 % paid a quarter: known, all days are alike; unknown, they are gaps."""
    bars = 700
    paid = range(80, bars, 63)
    worth = 100.0 * 1.0005 ** np.arange(bars)
    close = worth * np.cumprod([0.96 if bar in paid else 1.0 for bar in range(bars)])
    day_ms = 86_400_000
    columns = {
        "open": close * 0.9998,
        "high": close * 1.001,
        "low": close * 0.999,
        "close": close,
        "volume": np.full(bars, 1000.0),
        "time_ms": np.arange(bars) * day_ms + 10_000 * day_ms,
    }
    matrix = align_right(["EVEN"], np.zeros(bars, np.int64), columns, lambda time_ms: time_ms)
    known = [dividend_on(matrix, 0, bar, 0.04) for bar in paid]
    ex_dates = set(matrix.time_ms[0, list(paid)].tolist())
    analyses = tier.analyse(matrix, REGISTRY, 0, known)
    assert not detections(analyses)
    # Each opens 1.0005 * 0.9998 times the close before: by hand 0.02999 % above it.
    gaps = [a.values[0, a.names.index("GAP_PERCENT")] for a in analyses[1:]]
    assert gaps == pytest.approx([0.02999] * (bars - 1), abs=1e-9)
    fallen = detections(tier.analyse(matrix, REGISTRY, 0)).values()
    assert {found.bar_time_ms for found in fallen} == ex_dates
    assert {found.pattern_type for found in fallen} == {"new_low"}


@pytest.mark.slow
def test_an_evening_run_tells_what_all_of_history_tells_of_the_last_days(some: BarMatrix) -> None:
    """Eras that ended long ago are left out, those with open detections are not."""
    known = sorted([*invented(some), *quarterly(some, 0.02)], key=lambda item: item.day)
    traded = as_traded(some, known)
    since = int(traded.time_ms[:, -5].max())
    history = tier.analyse(traded, REGISTRY, 0, known)[-5:]
    evening = tier.analyse(traded, REGISTRY, since, known)
    assert [a.found for a in evening] == [a.found for a in history]
    for one, other in zip(evening, history, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    told = lives(evening)
    for key, life in lives(history).items():
        assert told[key] == life


# --- ranks --------------------------------------------------------------------------------------


def test_ranks_are_among_all_symbols_though_blocks_are_analysed_alone(
    some: BarMatrix, whole: list[MinuteAnalysis]
) -> None:
    ranks = REGISTRY.only(["RELATIVE_STRENGTH"])
    since = whole[-3].bar_time_ms
    half = len(some.symbols) // 2
    blocks = [some.rows(0, half), some.rows(half, len(some.symbols))]
    everybody = tier.merged([tier.ranked_values(block, ranks, since) for block in blocks])
    made = [
        analysis
        for block in blocks
        for analysis in tier.analyse(block, ranks, since, populations=everybody)
    ]
    at = whole[0].names.index("RELATIVE_STRENGTH")
    for number, analysis in enumerate(made):
        symbols = [analysis.symbols[row] for row in analysis.row.tolist()]
        ranked = dict(zip(symbols, analysis.values[:, 0], strict=True))
        expected = whole[-3 + number % 3]
        for row, value in zip(expected.row.tolist(), expected.values[:, at], strict=True):
            assert ranked.get(some.symbols[row], value) == value


def test_a_symbol_alone_has_no_rank(some: BarMatrix) -> None:
    [analysis] = tier.analyse(
        some.rows(0, 1), REGISTRY.only(["RELATIVE_STRENGTH"]), int(some.time_ms[0, -1])
    )
    assert np.isnan(analysis.values).all()


def test_no_bars_are_no_analyses(some: BarMatrix) -> None:
    later = int(some.time_ms.max()) + int(timedelta(days=1).total_seconds() * 1000)
    assert tier.analyse(some, REGISTRY, later) == []


def test_many_symbols_of_a_few_bars_are_analysed_as_each_alone(daily: BarMatrix) -> None:
    """Blocks of symbols, and slices of these, must fit each other whatever the bars are."""
    few = daily.take([number % 50 for number in range(1_100)])
    last = replace(
        few,
        **{
            name: np.asfortranarray(getattr(few, name)[:, -60:])
            for name in (*PRICES, "volume", "time_ms", "session_ms", "partial")
        },
        count=np.minimum(few.count, 60),
    )
    registry = REGISTRY.only(("SMA_20", "RSI_14"), ("doji", "nr7"))
    outputs, blocks = analyse_history(last, registry, "1d")
    alone, own = analyse_history(last.rows(0, 50), registry, "1d")
    for name, values in alone.items():
        np.testing.assert_array_equal(outputs[name][:50], values)
        np.testing.assert_array_equal(outputs[name][1_050:], values)
    assert sum(map(len, blocks)) == 22 * sum(map(len, own))
