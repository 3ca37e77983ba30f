"""How a definition sees bars: as columns counted backwards from the current bar.

`view.close[0]` is the close of the current bar, `view.close[1]` that of the bar before. What an
element of such a column is depends on the view, and a definition need not know:

    live       one element a symbol: its latest closed bar      shape (symbols,)
    history    one element a symbol and bar, all at once        shape (symbols, bars)
    points     one element a chosen (symbol, bar)               shape (points,)

So an expression of columns is written once, serves all three, and gives the same bits in each, as
long as it is made of IEEE operations on elements (+ - * / sqrt, comparisons, minimum, maximum,
where). Reductions along the bars are not: NumPy's order of summation depends on the memory layout.
`patterns.sums` adds columns in a fixed order.

A negative `ago` would be a later bar: every view refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Given = Mapping[str, Floats]
"""Values by the names of `patterns.context`, one element a row."""

FLOAT_FIELDS = ("open", "high", "low", "close", "volume", "vwap")
FIELDS = (*FLOAT_FIELDS, "time_ms", "session_ms", "partial")
FIELD_TYPES: dict[str, type[np.generic]] = {
    **dict.fromkeys(FLOAT_FIELDS, np.float64),
    "time_ms": np.int64,
    "session_ms": np.int64,
    "partial": np.bool_,
}
NO_BAR: dict[str, Any] = {
    **dict.fromkeys(FLOAT_FIELDS, np.nan),
    "time_ms": -1,
    "session_ms": -1,
    "partial": False,
}


class LookAheadError(ValueError):
    """A definition asked for a bar after the current one."""


def refuse_later(field: str, ago: Ints) -> None:
    """Raise LookAheadError where an element asks for a bar after the current one."""
    if np.any(ago < 0):
        raise LookAheadError(f"{field}[{int(ago.min())}] is after the current bar")


Reader = Callable[[str, int], NDArray[Any]]
"""(field, ago) -> column."""


class Field(dict[int, NDArray[Any]]):
    """One field of the bars, indexed by how many bars ago; every column is read once.

    NaN (times -1) where the symbol has no such bar. Read only, by agreement: a column may be the
    stored matrix itself.
    """

    __slots__ = ("_name", "_read")

    def __init__(self, read: Reader, name: str) -> None:
        super().__init__()
        self._read = read
        self._name = name

    def __missing__(self, ago: int) -> NDArray[Any]:
        if ago < 0:
            raise LookAheadError(f"{self._name}[{ago}] is {-ago} bars after the current one")
        found = self[ago] = self._read(self._name, ago)
        return found


class FieldOf:
    """A view's field, made when it is first asked for."""

    def __set_name__(self, owner: type[BarView], name: str) -> None:
        self._name = name

    def __get__(self, view: BarView, owner: type[BarView]) -> Field:
        made = view.__dict__[self._name] = Field(view.read, self._name)
        return made


class Values(Mapping[str, Floats]):
    """Outputs of indicators, and what is given from outside once somebody asks for it."""

    def __init__(self, outputs: Mapping[str, Floats], ask: Callable[[], Given]) -> None:
        self._outputs, self._ask = outputs, ask
        self._given: Given | None = None

    def __getitem__(self, name: str) -> Floats:
        if name in self._outputs:
            return self._outputs[name]
        if self._given is None:
            self._given = self._ask()
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)


class Chosen(Mapping[str, Floats]):
    """Outputs of indicators at chosen elements, taken from the whole when asked for.

    A detector reads a few of some hundred outputs.
    """

    def __init__(self, whole: Mapping[str, Floats], pick: Callable[[Floats], Floats]) -> None:
        self._whole, self._pick = whole, pick
        self._kept: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self._pick(self._whole[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


class BarView:
    """Bars as a definition sees them; columns and what is shared between definitions are kept.

    count: bars of the symbol so far, the current one included; shape of every column.
    values: outputs of indicators at the current bar, by name, for definitions that use them.
    """

    count: Ints
    rows: Ints
    stacked = False
    """Whether `stack` serves windows: else each column is one operation, moved back as asked."""
    read: Reader
    """Reads a column. It must not hold the view: that would keep its arrays from being freed."""

    def __init__(self, read: Reader) -> None:
        self.read = read
        self.values: Mapping[str, Floats] = {}
        self._memo: dict[Hashable, NDArray[Any]] = {}

    open = FieldOf()
    high = FieldOf()
    low = FieldOf()
    close = FieldOf()
    volume = FieldOf()
    vwap = FieldOf()
    time_ms = FieldOf()
    session_ms = FieldOf()
    partial = FieldOf()

    def column(self, field: str, ago: int) -> NDArray[Any]:
        """The field `ago` bars back; NaN (times -1) where the symbol has no such bar."""
        found: NDArray[Any] = getattr(self, field)[ago]
        return found

    def stack(self, field: str, bars: int, ago: int = 0) -> NDArray[Any]:
        """A row for each of `bars` bars that end `ago` bars back, the newest first. Read only."""
        return np.stack([self.column(field, ago + back) for back in range(bars)])

    def memo(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> Floats:
        """What `make` gives, made once for this view: sums and ranges that many detectors use."""
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = make()
        return cast(Floats, found)

    def forget(self) -> None:
        """Let go of what was made, once nobody will ask again.

        Points that are kept here hold the view that they were chosen from: without this all its
        arrays would wait for the garbage collector.
        """
        self._memo.clear()

    def derived(
        self, key: Hashable, make: Callable[[BarView, int], Floats], ago: int = 0
    ) -> Floats:
        """A column made of columns, `make(view, ago)`, made once.

        History makes it for the current bar alone and moves it back by `ago`, so `make` must ask
        for bars counted from `ago` only, and give NaN where one of them is missing.
        """
        found = self._memo.get((key, ago))
        if found is None:
            found = self._memo[key, ago] = make(self, ago)
        return cast(Floats, found)

    def warm(self, bars: int) -> Bools:
        """Where a symbol has more than so many bars. Read only: it is shared."""
        found: Any = self.memo(("warm", bars), lambda: self.count > bars)
        return cast(Bools, found)

    @cached_property
    def fewest(self) -> int:
        """Bars of the symbol that has fewest."""
        return int(self.count.min()) if self.count.size else 0

    def given(self, name: str) -> Floats:
        """A value that comes from outside these bars, as `patterns.context` lists them.

        NaN where nobody gave it.
        """
        found = self.values.get(name)
        return np.full(self.count.shape, np.nan) if found is None else found

    def gather(self, field: str, ago: Ints) -> NDArray[Any]:
        """The field at another number of bars ago for each element; `ago` has the view's shape.

        For what must look at a bar that differs from hit to hit, such as a pivot. NaN (times -1)
        where there is no such bar.
        """
        refuse_later(field, ago)
        out = np.full(ago.shape, NO_BAR[field], FIELD_TYPES[field])
        for back in np.unique(ago).tolist():
            chosen = ago == back
            out[chosen] = self.column(field, back)[chosen]
        return out

    def points(self, mask: Bools) -> BarView:
        """The moments where `mask` holds, as a view of one element a moment."""
        raise NotImplementedError

    def pick(self, mask: Bools, values: NDArray[Any]) -> NDArray[Any]:
        """The elements of `values` at the moments of `points(mask)`, in their order."""
        return values.T[mask.T]
