"""A bounded log that many readers follow, each with a cursor of its own."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """The newest `capacity` items; every item ever added has a position: 0, 1, 2, …

    A reader keeps one integer, so a slow reader costs nothing and holds nobody back: what it has
    not read when the ring comes round again is lost to it, and it is told so.
    """

    def __init__(self, capacity: int) -> None:
        self._items: deque[T] = deque(maxlen=capacity)
        self.end = 0

    @property
    def start(self) -> int:
        """Position of the oldest item still held."""
        return self.end - len(self._items)

    def append(self, item: T) -> int:
        """Add the item; returns its position."""
        self._items.append(item)
        self.end += 1
        return self.end - 1

    def since(self, position: int) -> tuple[list[T], int]:
        """The items from `position` on, and how many before them are lost to this reader."""
        lost = max(0, self.start - position)
        first = position + lost - self.start
        return [self._items[i] for i in range(first, len(self._items))], lost
