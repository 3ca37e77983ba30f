"""What combos are made of, and what is near to one and is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.calendar import calendar
from patterns.analysis import StoredLife
from patterns.bar_ends import bar_ends
from patterns.combos import match
from patterns.identity import detection_id
from tests.patterns.combo_cases import (
    END,
    LEVELS,
    MINUTE,
    at,
    breakout,
    day_ms,
    found,
    legs,
    of,
    reclaim,
    rule,
)


def combos(*recent: StoredLife, new=None, **changed):
    triggers = [reclaim()] if new is None else new
    return match([rule(**changed)], triggers, recent, END)


# --- when bars end ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeframe", "start", "end"),
    [
        ("1m", at("09:30"), at("09:31")),
        ("5m", at("09:30"), at("09:35")),
        ("1h", at("09:30"), at("10:30")),
        ("1h", at("15:30"), at("16:05")),
        ("1d", day_ms(6), at("16:05")),
    ],
)
def test_a_bar_ends_with_its_bucket_or_with_its_session(timeframe, start, end):
    assert END(timeframe, start) == end


def test_a_daily_bar_ends_with_an_early_close_and_with_a_day_that_has_no_session():
    christmas_eve, new_year = day_ms(1) - 8 * 86_400_000, day_ms(1)
    assert END("1d", christmas_eve) == at("13:05", 1) - 8 * 86_400_000
    assert END("1d", new_year) == at("00:00", 2)


def test_a_daily_bar_of_extended_hours_ends_with_their_last_tick():
    assert bar_ends(calendar("XNYS", "extended"))("1d", day_ms(6)) == at("20:00")
    assert bar_ends(calendar("24/7"))("1d", day_ms(6)) == day_ms(7)


# --- a combo ------------------------------------------------------------------------------------


def test_a_daily_breakout_and_an_intraday_pull_back_make_a_combo_with_both_as_evidence():
    (combo,) = combos(breakout(confidence=0.6))
    assert (combo.symbol, combo.tier, combo.state) == ("AAPL", "combo", "formed")
    assert (combo.detection_key, combo.pattern_type) == ("breakout-vwap:5m", "breakout-vwap")
    assert (combo.timeframe, combo.direction, combo.price) == ("5m", "bullish", 10.5)
    assert combo.bar_time_ms == at("10:00")
    assert combo.detection_id == detection_id("AAPL", "breakout-vwap:5m", at("10:00"))
    assert combo.pattern_data["legs"] == [
        {
            "detection_id": detection_id("AAPL", "resistance_break:1d", day_ms(5)),
            "pattern_type": "resistance_break",
            "timeframe": "1d",
            "direction": "bullish",
            "confidence": 0.6,
            "bar_time_ms": day_ms(5),
            "state": "formed",
        },
        {
            "detection_id": detection_id("AAPL", "vwap_reclaim:5m", at("10:00")),
            "pattern_type": "vwap_reclaim",
            "timeframe": "5m",
            "direction": "bullish",
            "confidence": 0.8,
            "bar_time_ms": at("10:00"),
            "state": "formed",
        },
    ]
    assert combo.pattern_data["levels"] == LEVELS
    assert combo.pattern_data["bars"] == [at("10:00")]
    assert combo.pattern_data["holds"] is True


def test_confidence_is_the_weighted_sum_of_its_named_parts():
    (combo,) = combos(breakout(confidence=0.6))
    # Legs: (0.6 + 2 × 0.8) / 3. Both point upwards. Monday 16:05 to Tuesday 10:05 is 1,080 of the
    # 7,200 minutes: recency is 0.85.
    assert combo.pattern_data["parts"] == {"legs": 0.733333, "agreement": 1.0, "recency": 0.85}
    assert combo.confidence == pytest.approx(0.6 * 0.733333 + 0.2 * 1.0 + 0.2 * 0.85, abs=1e-6)


def test_a_leg_without_a_direction_agrees_by_half_and_an_opposite_one_not_at_all():
    anyway = legs(direction="any")
    for direction, agreement in (("neutral", 0.75), ("bearish", 0.5)):
        (combo,) = combos(breakout(direction=direction), legs=anyway)
        assert combo.pattern_data["parts"]["agreement"] == agreement


def test_a_trigger_without_levels_gives_none_and_a_partial_leg_is_told():
    trigger = reclaim(pattern_data={"bars": [at("10:00")]})
    partial = breakout(pattern_data={"partial": True})
    (combo,) = combos(partial, new=[trigger])
    assert "levels" not in combo.pattern_data
    assert combo.pattern_data["partial"] is True


# --- near misses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leg", "why"),
    [
        (breakout(direction="bearish"), "points the other way"),
        (breakout(pattern_data={"holds": False}), "no longer holds"),
        (breakout(5, ["failed", day_ms(5)]), "failed"),
        (breakout(2, ["confirmed", day_ms(5)], ["expired", day_ms(5)]), "expired"),
        (breakout(6), "its session has not ended"),
        (of("MSFT", breakout()), "another symbol"),
        (StoredLife(found("support_break", "1d", day_ms(5)), []), "another pattern"),
        (StoredLife(found("resistance_break", "1h", at("09:30", 5)), []), "another timeframe"),
    ],
)
def test_no_combo_comes_of_a_leg_that(leg, why):
    assert combos(leg) == [], why


def test_a_leg_counts_up_to_its_last_minute_and_not_a_minute_longer():
    # From Monday 16:05 to Tuesday 10:05.
    minutes = 18 * 60
    assert len(combos(breakout(), legs=legs(within_minutes=minutes))) == 1
    assert combos(breakout(), legs=legs(within_minutes=minutes - 1)) == []


def test_days_are_those_of_the_calendar_so_that_a_weekend_counts():
    friday = breakout(9)
    monday = [reclaim("10:00", 12)]
    assert combos(friday, new=monday, legs=legs(within_minutes=1440)) == []
    assert len(combos(friday, new=monday, legs=legs(within_minutes=3 * 1440))) == 1


def test_a_daily_leg_counts_from_the_end_of_its_session_on():
    today = breakout(6)
    # The bar of 16:00 ends at 16:05, with the session.
    assert combos(today, new=[reclaim("15:55")]) == []
    assert len(combos(today, new=[reclaim("16:00")])) == 1


def test_a_leg_that_ends_with_the_trigger_counts_and_one_that_ends_later_does_not():
    hourly = [
        {"timeframe": "1h", "pattern_types": ["trend_line_break"], "within_minutes": 120},
        {"timeframe": "5m", "pattern_types": ["flag"], "direction": "bullish"},
    ]
    first_hour = found("trend_line_break", "1h", at("09:30"))
    for clock, count in (("10:20", 0), ("10:25", 1), ("10:30", 1)):
        new = [first_hour, found("flag", "5m", at(clock))]
        assert len(combos(new=new, legs=hourly)) == count, clock


def test_a_leg_has_the_state_that_it_had_when_the_triggers_bar_ended():
    later = breakout(5, ["confirmed", day_ms(6)], ["failed", day_ms(7)])
    (combo,) = combos(later)
    assert combo.pattern_data["legs"][0]["state"] == "formed"
    (next_day,) = combos(later, new=[reclaim("10:00", 7)])
    assert next_day.pattern_data["legs"][0]["state"] == "confirmed"
    assert combos(later, new=[reclaim("10:00", 8)]) == []


def test_states_can_be_chosen():
    chosen = legs(states=["confirmed"])
    assert combos(breakout(), legs=chosen) == []
    assert len(combos(breakout(5, ["confirmed", day_ms(5)]), legs=chosen)) == 1


def test_less_confidence_than_the_rule_asks_for_is_no_combo():
    (combo,) = combos(breakout())
    assert combos(breakout(), min_confidence=combo.confidence)
    assert combos(breakout(), min_confidence=combo.confidence + 0.001) == []


# --- one combo, not many ------------------------------------------------------------------------


def test_of_several_legs_the_latest_is_taken_and_of_several_triggers_on_a_bar_the_surest():
    weaker = found("new_high", "1d", day_ms(5), confidence=0.7)
    (combo,) = combos(breakout(2), breakout(5), StoredLife(weaker, []))
    assert combo.pattern_data["legs"][0]["bar_time_ms"] == day_ms(5)
    assert combo.pattern_data["legs"][0]["pattern_type"] == "resistance_break"
    many = [legs()[0], {**legs()[1], "pattern_types": ["vwap_reclaim", "flag"]}]
    new = [reclaim(), found("flag", "5m", at("10:00"), confidence=0.9)]
    (combo,) = combos(breakout(), new=new, legs=many)
    assert combo.pattern_data["legs"][1]["pattern_type"] == "flag"


def test_no_detection_is_two_legs():
    twice = [legs(pattern_types=["resistance_break"])[0], *legs()]
    assert combos(breakout(), legs=twice) == []
    other = StoredLife(found("new_high", "1d", day_ms(5), confidence=0.1), [])
    (combo,) = combos(breakout(), other, legs=twice)
    names = [leg["pattern_type"] for leg in combo.pattern_data["legs"]]
    assert names == ["resistance_break", "new_high", "vwap_reclaim"]
    # The first leg's first choice leaves the second none: the choice is gone back on.
    (again,) = combos(breakout(), other, legs=[twice[1], twice[0], twice[2]])
    assert [leg["pattern_type"] for leg in again.pattern_data["legs"]][:2] == [
        "new_high",
        "resistance_break",
    ]
    own = [legs(timeframe="5m", pattern_types=["vwap_reclaim"])[0], legs()[1]]
    assert combos(legs=own) == []


def test_no_second_combo_within_the_cool_down_of_the_same_symbol_and_rule():
    clocks = ["10:00", "10:30", "10:55", "11:00", "11:55", "12:00"]
    new = [reclaim(clock) for clock in clocks]
    made = combos(breakout(), new=new[::-1])
    assert [combo.bar_time_ms for combo in made] == [at("10:00"), at("11:00"), at("12:00")]
    all_of_them = combos(breakout(), new=new, cool_down_minutes=0)
    assert [combo.bar_time_ms for combo in all_of_them] == [at(clock) for clock in clocks]
    others = combos(breakout(), of("MSFT", breakout()), new=[new[0], of("MSFT", new[1])])
    assert [combo.symbol for combo in others] == ["AAPL", "MSFT"]


def test_a_stored_combo_cools_down_what_comes_after_it_and_nothing_before():
    (stored,) = combos(breakout(), new=[reclaim("10:30")])
    known = StoredLife(stored, [["confirmed", at("10:35")]])
    assert combos(breakout(), known, new=[reclaim("11:00")]) == []
    assert len(combos(breakout(), known, new=[reclaim("10:00")])) == 1
    taken_back = replace(stored, pattern_data={**stored.pattern_data, "holds": False})
    assert len(combos(breakout(), StoredLife(taken_back, []), new=[reclaim("11:00")])) == 1


# --- no look-ahead ------------------------------------------------------------------------------

CHOICES = [
    rule(),
    rule(key="hourly", cool_down_minutes=90, legs=[
        {"timeframe": "1h", "pattern_types": ["flag"],
         "states": ["formed", "confirmed"], "within_minutes": 300},
        {"timeframe": "15m", "pattern_types": ["engulfing"], "within_minutes": 100},
        {"timeframe": "5m", "pattern_types": ["vwap_reclaim", "flag"], "direction": "bullish"},
    ]),
]  # fmt: skip
STATES = ["confirmed", "failed", "target_reached", "expired"]


NAMES = {
    "1d": ["resistance_break"],
    "1h": ["flag"],
    "15m": ["engulfing"],
    "5m": ["vwap_reclaim", "flag"],
}
LENGTH = {"1d": 1440, "1h": 60, "15m": 15, "5m": 5}


@st.composite
def detections(draw):
    """Detections of three mornings, some with what has become of them; many make combos."""
    timeframe = draw(st.sampled_from(["5m", "5m", "15m", "1h", "1d"]))
    length, day = LENGTH[timeframe] * MINUTE, draw(st.sampled_from([5, 6, 7]))
    start = day_ms(day)
    if timeframe != "1d":
        start = at("09:30", day) + draw(st.integers(0, 150 * MINUTE // length)) * length
    made = found(
        draw(st.sampled_from(NAMES[timeframe])),
        timeframe,
        start,
        draw(st.sampled_from(["bullish", "bullish", "bullish", "bearish"])),
        draw(st.sampled_from([0.2, 0.5, 0.9])),
        draw(st.sampled_from(["AAPL", "AAPL", "AAPL", "MSFT"])),
    )
    steps = draw(st.lists(st.integers(1, 3), max_size=2))
    times = [start + sum(steps[: n + 1]) * length for n in range(len(steps))]
    return StoredLife(made, [[draw(st.sampled_from(STATES)), time] for time in times])


def unique(items: list[StoredLife]) -> list[StoredLife]:
    return list({item.detection.detection_id: item for item in items}.values())


HISTORIES = st.lists(detections(), min_size=15, max_size=40).map(unique)


def known_at(items: list[StoredLife], moment: int) -> list[StoredLife]:
    """What somebody knows at a moment: bars that have ended, and what had become of them."""
    return [
        StoredLife(i.detection, [s for s in i.life if END(i.detection.timeframe, s[1]) <= moment])
        for i in items
        if END(i.detection.timeframe, i.detection.bar_time_ms) <= moment
    ]


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.sampled_from(range(0, 4320, 35)))
def test_later_detections_and_lives_never_change_earlier_combos(items, minutes):
    moment = at("09:30", 5) + minutes * MINUTE
    before = known_at(items, moment)
    early = match(CHOICES, [i.detection for i in before], before, END)
    everything = match(CHOICES, [i.detection for i in items], items, END)
    assert early == [c for c in everything if END(c.timeframe, c.bar_time_ms) <= moment]


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_bar_after_bar_with_what_is_stored_gives_what_all_at_once_gives(items):
    moments = sorted({END(i.detection.timeframe, i.detection.bar_time_ms) for i in items})
    stored: list[StoredLife] = []
    for moment in moments:
        new = [
            i.detection
            for i in items
            if END(i.detection.timeframe, i.detection.bar_time_ms) == moment
        ]
        made = match(CHOICES, new, [*known_at(items, moment), *stored], END)
        stored += [StoredLife(combo, []) for combo in made]
    at_once = match(CHOICES, [i.detection for i in items], items, END)
    assert sorted(str(i.detection) for i in stored) == sorted(map(str, at_once))
