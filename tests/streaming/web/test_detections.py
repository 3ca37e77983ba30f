"""Detections reach every reader once, whatever comes when."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.web.detections import (
    DetectionCursor,
    DetectionEntry,
    DetectionFilter,
    DetectionLog,
)


def entry(seq: int, **fields: object) -> DetectionEntry:
    return DetectionEntry(seq, {"seq": seq, "symbol": "AAPL", **fields}, f"frame {seq}")


def seqs(entries: list[DetectionEntry] | None) -> list[int]:
    assert entries is not None
    return [entry.seq for entry in entries]


def test_an_event_that_is_published_twice_is_kept_once():
    log = DetectionLog()
    assert log.add(entry(1))
    assert not log.add(entry(1))
    assert log.ring.end == 1


def test_a_reader_that_was_overrun_is_sent_to_the_database():
    log = DetectionLog(capacity=2)
    cursor = DetectionCursor(log.ring.end)
    for seq in (1, 2, 3):
        log.add(entry(seq))
    assert cursor.take_live(log) is None


def test_what_the_database_gave_is_not_sent_again_when_it_is_published_later():
    log = DetectionLog()
    cursor = DetectionCursor(0)
    cursor.resume(log, 0)
    assert seqs(cursor.take_page([entry(1), entry(2)])) == [1, 2]
    for seq in (2, 3):
        log.add(entry(seq))
    assert seqs(cursor.take_live(log)) == [3]


def test_what_came_live_before_the_first_resume_is_not_sent_again_from_the_database():
    log = DetectionLog()
    cursor = DetectionCursor(0)
    log.add(entry(8))
    assert seqs(cursor.take_live(log)) == [8]
    cursor.resume(log, 6)
    assert seqs(cursor.take_page([entry(7), entry(8)])) == [7]


def test_a_filter_hides_a_detection_without_losing_the_place():
    log = DetectionLog()
    cursor = DetectionCursor(0, wanted=DetectionFilter(directions=frozenset({"bullish"})))
    log.add(entry(1, direction="bearish"))
    log.add(entry(2, direction="bullish"))
    assert seqs(cursor.take_live(log)) == [2]
    assert cursor.seq == 2


def test_every_part_of_a_filter_counts():
    pattern = {
        "symbol": "AAPL",
        "pattern_type": "doji",
        "direction": "neutral",
        "tier": "intraday",
        "timeframe": "1m",
        "confidence": 0.5,
    }
    assert DetectionFilter().accepts(pattern)
    for refusing in (
        DetectionFilter(symbols=frozenset({"MSFT"})),
        DetectionFilter(pattern_types=frozenset({"hammer"})),
        DetectionFilter(directions=frozenset({"bullish"})),
        DetectionFilter(tiers=frozenset({"daily"})),
        DetectionFilter(timeframes=frozenset({"5m"})),
        DetectionFilter(min_confidence=0.6),
    ):
        assert not refusing.accepts(pattern)
    assert DetectionFilter(symbols=frozenset({"AAPL"}), min_confidence=0.5).accepts(pattern)


STEPS = st.lists(st.sampled_from(["detect", "publish", "republish", "read", "reconnect"]))


@given(STEPS, st.integers(1, 6))
def test_a_reader_sees_every_detection_once_over_overruns_and_reconnections(steps, capacity):
    """Rows are committed first and published later, perhaps twice; a reader may fall behind."""
    log, stored, published = DetectionLog(capacity), [], 0
    cursor, got = DetectionCursor(0), []
    cursor.resume(log, 0)

    def catch_up() -> None:
        cursor.resume(log, cursor.seq)
        got.extend(seqs(cursor.take_page([e for e in stored if e.seq > cursor.seq])))

    def read() -> None:
        live = cursor.take_live(log)
        catch_up() if live is None else got.extend(seqs(live))

    for step in [*steps, "read", "reconnect"]:
        if step == "detect":
            stored.append(entry(len(stored) + 1))
        elif step == "publish" and published < len(stored):
            log.add(stored[published])
            published += 1
        elif step == "republish" and published:
            log.add(stored[published - 1])
        elif step == "read":
            read()
        elif step == "reconnect":
            read()
            catch_up()
    assert got == [e.seq for e in stored]
