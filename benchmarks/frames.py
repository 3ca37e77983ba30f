"""Wire bytes: frames of 100 trades each, as Massive sends them, from the synthetic market."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import market
from streaming.feeds.synthetic.trades import SyntheticMarket
from streaming.ticks import TickBatch

TRADES_A_FRAME = 100
ODD_LOT = ',"c":[37]'
ORDINARY = ("", ',"c":[14,41]', ',"c":[0]')


def frames(names: Sequence[str], trades: int, minutes: int) -> list[bytes]:
    """About `trades` trades of `names`, spread over so many minutes from START_MS."""
    a_minute = trades / minutes
    interval = 60.0 * len(names) / a_minute
    made = SyntheticMarket(list(names), interval_secs=interval, late_share=0.0)
    texts: list[str] = []
    for _, batch in market.minutes(made, 0, minutes):
        texts += _texts(names, batch, len(texts))
    pieces = (texts[at : at + TRADES_A_FRAME] for at in range(0, len(texts), TRADES_A_FRAME))
    return [f"[{','.join(piece)}]".encode() for piece in pieces]


def _texts(names: Sequence[str], batch: TickBatch, first: int) -> list[str]:
    columns = zip(
        batch.symbol_id.tolist(),
        batch.price.tolist(),
        batch.size.tolist(),
        batch.time_ms.tolist(),
        batch.flags.tolist(),
        strict=True,
    )
    return [
        f'{{"ev":"T","sym":"{names[symbol]}","x":{4 + n % 11},"i":"{n}","z":3,"p":{price},'
        f'"s":{int(size)}{ORDINARY[n % 3] if flags == 7 else ODD_LOT},"t":{time_ms},"q":{n + 1}}}'
        for n, (symbol, price, size, time_ms, flags) in enumerate(columns, first)
    ]
