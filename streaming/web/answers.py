"""What the API's answers hold, for its document and the check of what goes out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["formed", "confirmed", "target_reached", "failed", "expired", "revised"]
Tier = Literal["intraday", "daily", "combo"]
Timeframe = Literal["1m", "5m", "15m", "1h", "1d"]


class Error(BaseModel):
    """Why there is no answer."""

    error: str
    detail: str = Field(description="For people; names the parameter, and a near match.")


class StreamStatus(BaseModel):
    """The stream as it last spoke of itself; session and health are as they are published."""

    status: Literal["online", "offline"]
    session: dict[str, Any] | None
    health: dict[str, Any] | None
    subscriber_stats: dict[str, Any]
    market: dict[str, Any]


class Dashboard(BaseModel):
    """What a dashboard shows when it opens; `newest_seq` is where its socket resumes."""

    symbols: list[dict[str, Any]]
    prices: dict[str, list[Any]]
    detections: list[dict[str, Any]]
    newest_seq: int
    rates: list[list[float]]
    session: dict[str, Any] | None
    health: dict[str, Any] | None
    market: dict[str, Any]


class Step(BaseModel):
    """A state that a detection came to, and the bar that made it."""

    state: str = Field(description="confirmed, target_reached, failed or expired")
    bar_timestamp: str = Field(description="Start of the bar.")


class Leg(BaseModel):
    """A detection that a combo joined, as it stood then; the last leg is the trigger."""

    model_config = ConfigDict(extra="allow")

    detection_id: str
    pattern_type: str
    timeframe: str
    direction: str
    confidence: float
    bar_timestamp: str
    state: str


class Pattern(BaseModel):
    """One detection. It has levels if it has a direction, and geometry if it has lines."""

    detection_id: str
    seq: int | None = Field(description="Rises with every change of any detection.")
    state: State | str
    symbol: str
    pattern_type: str = Field(description="The pattern, or the key of a combo's rule.")
    timeframe: str = Field(description="That of its bar; of a combo, its trigger's.")
    tier: Tier | str
    direction: str = Field(description="bullish, bearish or neutral")
    confidence: float = Field(description="0 to 1")
    price: float | None = Field(description="Close of the bar that completed it.")
    bar_timestamp: str = Field(description="Start of that bar.")
    detection_timestamp: str = Field(description="When it was first seen.")
    flow_id: str | None = Field(description="Its bar's flow in the flow log.")
    holds: bool = Field(description="False where a late trade took the pattern away.")
    life: list[Step] = Field(description="Its states after the first, in order.")
    title: str = Field("", description="Of a combo: its rule's.")
    levels: dict[str, float] = Field(
        {}, description="trigger, stop and target; slope: what the trigger moves by a bar."
    )
    geometry: dict[str, Any] = Field(
        {}, description="pivots: name → [Unix ms, price]; lines: name → two such points."
    )
    parts: dict[str, float] = Field({}, description="What its confidence is made of, 0 to 1 each.")
    partial: bool = Field(False, description="True where one of its bars is partial.")
    legs: list[Leg] = Field([], description="Of a combo.")


class Patterns(BaseModel):
    """One page of a symbol's detections."""

    symbol: str
    patterns: list[Pattern]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class BarIndicators(BaseModel):
    """A closed bar's indicators by name, without those that are not known yet."""

    bar_timestamp: str = Field(description="Start of the bar.")
    timeframe: str
    values: dict[str, float]


class Indicators(BaseModel):
    """One page of a symbol's indicators."""

    symbol: str
    indicators: list[BarIndicators]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class Bar(BaseModel):
    """One bar; `vwap` is null where no trade of it counts for a price by volume."""

    timestamp: str = Field(description="Start of the bar.")
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    trade_count: int | None
    is_partial: bool | None = Field(description="The stream began within it.")
    revision: int | None = Field(description="How often late trades have changed it.")
    filled: bool = Field(False, description="True: nothing traded, and fill=true put it there.")
    price_factor: float = Field(
        1.0, description="What its prices were multiplied by for later splits and dividends."
    )


class Bars(BaseModel):
    """Bars of a symbol, oldest first."""

    symbol: str
    name: str
    timeframe: Timeframe
    bars: list[Bar]
