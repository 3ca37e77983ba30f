"""The catalogue in a browser, and a detection's geometry over the candles."""

from __future__ import annotations

import json
import time

import pytest

from patterns.registry import standard
from tests.browser.test_dashboard import ready

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

MINUTE_MS = 60_000
CARDS = ".cards li:visible"


def test_the_search_filters_as_one_types_and_the_address_keeps_it(visit):
    seen = visit("/catalogue")
    page = seen.page
    everything = page.locator(CARDS).count()
    assert everything > len(standard().detectors)
    page.keyboard.press("/")
    page.keyboard.type("morning star")
    expect(page.locator(CARDS).filter(has_text="Morning star")).to_be_visible()
    found = page.locator(CARDS).count()
    assert 0 < found < everything
    expect(page.locator("[data-count]")).to_have_text(f"{found} of {everything}")
    assert page.url.endswith("?q=morning%20star")
    page.reload()
    expect(page.locator(CARDS)).to_have_count(found)
    page.get_by_role("searchbox").fill("nothing like this")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    expect(page.locator(CARDS)).to_have_count(everything)
    assert seen.complaints == []


def test_without_javascript_the_form_searches(visit):
    page = visit("/catalogue", java_script_enabled=False).page
    page.get_by_role("searchbox").fill("morning star")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(CARDS).filter(has_text="Morning star")).to_be_visible()
    page.get_by_role("link", name="Morning star").click()
    expect(page.get_by_role("img", name="Morning star: an example")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_or_theme_is_complained_about(visit, scheme, width):
    seen = visit("/catalogue", color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in ("/catalogue", "/catalogue/double_bottom", "/catalogue/BB_UPPER"):
        seen.page.goto(path)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.complaints == []


def test_the_dashboard_leads_to_the_catalogue(visit, live):
    page = ready(visit().page)
    page.get_by_role("link", name="Catalogue").click()
    expect(page.get_by_role("heading", name="Patterns and indicators")).to_be_visible()


def store_geometry(owner, symbol: str, minute_ms: int) -> None:
    """A double bottom of the last half hour, as the engine would describe it."""
    at = [minute_ms - ago * MINUTE_MS for ago in (30, 18, 6, 0)]
    rows = owner.execute(
        "SELECT low, high FROM ohlcv_1min WHERE symbol = %s ORDER BY timestamp DESC LIMIT 60",
        [symbol],
    ).fetchall()
    low, high = min(row[0] for row in rows), max(row[1] for row in rows)
    data = {
        "holds": True,
        "levels": {"trigger": high, "stop": low, "target": 2 * high - low},
        "geometry": {
            "pivots": {"first_bottom": [at[0], low], "peak": [at[1], high], "second": [at[2], low]},
            "lines": {"neckline": [[at[1], high], [at[3], high]]},
        },
    }
    owner.execute(
        "UPDATE intraday_patterns SET pattern_data = %s "
        "WHERE symbol = %s AND pattern_type = 'double_bottom'",
        [json.dumps(data), symbol],
    )


@pytest.mark.parametrize("path", ["/symbols/V", "/"])
def test_a_chosen_detection_is_drawn_and_leads_to_its_entry(visit, live, owner, path):
    minute_ms = int(time.time() // 60) * MINUTE_MS - MINUTE_MS
    live.detect("V", "double_bottom", "bullish", minute_ms, 50.0, publish=False)
    store_geometry(owner, "V", minute_ms)
    seen = visit(path)
    page = ready(seen.page)
    row = page.locator("#feed li").filter(has_text="Double bottom")
    row.get_by_role("button").click()
    chosen = page.locator("[data-stage=chosen]")
    expect(chosen).to_contain_text("Double bottom")
    expect(chosen).to_contain_text("trigger")
    expect(chosen.get_by_role("link")).to_have_attribute("href", "/catalogue/double_bottom")
    page.get_by_role("button", name="Put the drawing away").click()
    expect(chosen).to_be_hidden()
    assert seen.complaints == []


DRAWN_OVER_ADJUSTED_BARS = """
async () => {
  const { CandleChart } = await import("/static/streaming/chart.js");
  const element = document.createElement("div");
  element.style.cssText = "width: 400px; height: 300px";
  document.body.append(element);
  const chart = new CandleChart(element);
  const bar = (day, price_factor) => ({
    timestamp: `2025-05-${day}T00:00:00Z`, volume: 1, price_factor,
    open: 99.5, high: 99.5, low: 99.5, close: 99.5,
  });
  const indicators = [["27", 400], ["28", 100], ["29", 99.5]].map(([day, SMA_20]) => (
    { bar_timestamp: `2025-05-${day}T00:00:00Z`, values: { SMA_20 } }
  ));
  const start = Date.parse("2025-05-27T00:00:00Z");
  chart.overlay(new Set(["sma20"]));
  const bars = [bar("27", 0.24875), bar("28", 0.995), bar("29")];
  chart.load({ timeframe: "1d", bars, indicators, patterns: [] });
  chart.show({
    detection_id: "1", pattern_type: "doji", direction: "bullish",
    bar_timestamp: "2025-05-28T00:00:00Z", levels: { stop: 100 },
    geometry: { lines: { base: [[start, 100], [start + 86400000, 100]] }, pivots: {} },
  });
  return {
    average: chart.lines.get("SMA_20").data().map((point) => point.value),
    stop: chart.geometry.levels[0].options().price,
    line: chart.geometry.series[0].data().map((point) => point.value),
  };
}
"""


def test_what_is_drawn_over_adjusted_bars_is_adjusted_with_them(visit, live):
    """400.00, split four for one, then 100.00, half a dollar paid, then the 99.50 that are left."""
    seen = visit("/")
    drawn = ready(seen.page).evaluate(DRAWN_OVER_ADJUSTED_BARS)
    assert drawn["average"] == pytest.approx([99.5, 99.5, 99.5])
    assert drawn["stop"] == pytest.approx(99.5)
    assert drawn["line"] == pytest.approx([99.5, 99.5])
    assert seen.complaints == []
