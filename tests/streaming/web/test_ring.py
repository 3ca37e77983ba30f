"""A bounded log with cursors."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.web.ring import Ring


def test_a_reader_gets_what_came_after_its_position():
    ring: Ring[str] = Ring(3)
    for item in "abc":
        ring.append(item)
    assert ring.since(1) == (["b", "c"], 0)


def test_a_reader_that_is_too_slow_is_told_how_many_items_it_lost():
    ring: Ring[str] = Ring(2)
    for item in "abcd":
        ring.append(item)
    assert ring.since(1) == (["c", "d"], 1)


def test_a_reader_at_the_end_gets_nothing():
    ring: Ring[str] = Ring(2)
    ring.append("a")
    assert ring.since(ring.end) == ([], 0)


@given(st.integers(1, 20), st.lists(st.booleans(), max_size=200))
def test_every_item_is_read_or_counted_as_lost(capacity: int, steps: list[bool]):
    """`True` appends the next number, `False` lets the reader catch up."""
    ring: Ring[int] = Ring(capacity)
    position, read, lost_in_all, count = 0, [], 0, 0
    for append in [*steps, False]:
        if append:
            ring.append(count)
            count += 1
            continue
        items, lost = ring.since(position)
        position = ring.end
        read += items
        lost_in_all += lost
    assert len(read) + lost_in_all == count
    assert read == sorted(set(read))
