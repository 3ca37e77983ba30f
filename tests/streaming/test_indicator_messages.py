"""Messages that are cut out of one encoding say what the values say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from patterns.analysis import MinuteAnalysis
from streaming.indicator_messages import encoded_rows, told
from streaming.indicator_messages import single as single_from
from streaming.indicator_messages import whole as whole_from

BAR_MS = 1_763_389_800_000
NAMES = ("RSI_14", "SMA_20", "VWAP")
SYMBOLS = ["AAPL", "BRK.B", 'Q"X\\Y', "ÜBER", "UNUSED"]


def analysis(values: list[list[float]], names: tuple[str, ...] = NAMES) -> MinuteAnalysis:
    return MinuteAnalysis(
        bar_time_ms=BAR_MS,
        timeframe="1m",
        symbols=SYMBOLS,
        row=np.arange(len(values)),
        names=names,
        values=np.array(values, np.float64).reshape(len(values), len(names)),
        hits=(),
        pattern_types=(),
    )


def whole(of: MinuteAnalysis) -> bytes:
    return whole_from(of, encoded_rows(of))


def single(of: MinuteAnalysis) -> list[bytes]:
    return list(single_from(of, encoded_rows(of)))


FOUR = [
    [50.0, 1.1, 0.1 + 0.2],
    [np.nan, 2.5, 1e-7],
    [1e22, -3.25, np.inf],
    [np.nan, np.nan, np.nan],
]


def test_the_message_for_all_has_a_list_in_the_order_of_names_for_each_symbol():
    message = json.loads(whole(analysis(FOUR)))
    assert message["type"] == "indicators"
    assert message["minute_ms"] == BAR_MS
    assert message["names"] == list(NAMES)
    assert message["timeframe"] == "1m"
    assert message["values"] == {
        "AAPL": [50.0, 1.1, 0.30000000000000004],
        "BRK.B": [None, 2.5, 1e-7],
        'Q"X\\Y': [1e22, -3.25, None],
        "ÜBER": [None, None, None],
    }


def test_a_symbols_own_message_leaves_out_what_is_no_number():
    messages = [json.loads(text) for text in single(analysis(FOUR))]
    assert {m["type"] for m in messages} == {"indicator_calculated"}
    assert [m["indicators"]["symbol"] for m in messages] == SYMBOLS[:4]
    assert [m["indicators"]["values"] for m in messages] == [
        {"RSI_14": 50.0, "SMA_20": 1.1, "VWAP": 0.30000000000000004},
        {"SMA_20": 2.5, "VWAP": 1e-7},
        {"RSI_14": 1e22, "SMA_20": -3.25},
        {},
    ]


def test_every_message_has_its_own_id_and_the_minute_as_a_time():
    messages = [json.loads(text) for text in single(analysis(FOUR))]
    messages.append(json.loads(whole(analysis(FOUR))))
    assert len({m["event_id"] for m in messages}) == 5
    assert all(datetime.fromisoformat(m["timestamp"]).tzinfo is not None for m in messages)
    stamp = datetime.fromisoformat(messages[0]["indicators"]["bar_timestamp"])
    assert stamp == datetime.fromtimestamp(BAR_MS / 1000, UTC)
    assert messages[0]["indicators"]["timeframe"] == "1m"


@pytest.mark.parametrize(("values", "names"), [([], NAMES), ([[], []], ())])
def test_a_minute_without_values_has_no_messages_for_symbols(values, names):
    assert single(analysis(values, names)) == []
    message = json.loads(whole(analysis(values, names)))
    assert all(row == [] for row in message["values"].values())


def test_only_the_stored_indicators_are_told():
    kept = told(analysis(FOUR), ["VWAP", "RSI_14"])
    assert kept.names == ("RSI_14", "VWAP")
    assert json.loads(whole(kept))["values"]["AAPL"] == [50.0, 0.1 + 0.2]
    assert told(analysis(FOUR), ["all"]).names == NAMES
