"""Known symbols, and the near match of one that is not."""

from __future__ import annotations

import difflib

from market.models import Symbol
from streaming.web.database import ALIAS, rows

TRADED = "SELECT 1 FROM ohlcv_1min WHERE symbol = %s LIMIT 1"


class UnknownSymbol(LookupError):
    """Neither listed nor ever traded here; says which listed symbol is near."""

    def __init__(self, symbol: str, near: str | None) -> None:
        self.near = near
        hint = f" Did you mean {near!r}?" if near else ""
        super().__init__(f"Unknown symbol {symbol[:20]!r}.{hint}")


def known_symbol(symbol: str) -> Symbol:
    """The symbol as listed (case does not matter), or `UnknownSymbol`.

    A symbol that trades without being listed, from a tape, is known by its bars.
    """
    name = symbol.upper()
    listed = Symbol.objects.using(ALIAS)
    found = listed.filter(symbol__in=(symbol, name)).first()
    if found is not None:
        return found
    if "\x00" not in symbol and rows(TRADED, [symbol]):
        return Symbol(symbol=symbol)
    names = list(listed.values_list("symbol", flat=True))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise UnknownSymbol(symbol, near[0] if near else None)
