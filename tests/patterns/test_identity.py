"""Ids follow from names."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from patterns.identity import NAMESPACE, detection_id, event_id, flow_id, named_id


@given(st.text())
def test_a_named_id_is_what_pythons_uuid5_gives(name):
    assert named_id(name) == str(uuid5(NAMESPACE, name))


def test_ids_of_different_things_differ_and_of_the_same_do_not():
    first = detection_id("A", "doji:1m", 60_000)
    assert first == detection_id("A", "doji:1m", 60_000)
    others = [detection_id("B", "doji:1m", 60_000), flow_id("A", 60_000), event_id(first, 1)]
    assert len({first, event_id(first, 2), *others}) == 5
    assert UUID(first).version == 5


def test_bars_that_begin_together_have_a_flow_for_each_timeframe():
    flows = {flow_id("A", 60_000, timeframe) for timeframe in ("1m", "5m", "1h", "1d")}
    assert len(flows) == 4
    assert flow_id("A", 60_000) in flows
