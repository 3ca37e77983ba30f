"""The live dashboard in a real browser."""

from __future__ import annotations

import re
import time

import pytest

from tests.browser.fake_stream import MINUTE_MS

expect = pytest.importorskip("playwright.sync_api").expect

ROWS = "[role=grid] .row"


def last_price(page, symbol="AAPL"):
    return page.locator(f"#row-{symbol} .last")


def ready(page):
    page.wait_for_selector("body[data-ready=true]")
    return page


def test_the_page_asks_for_a_sign_in_and_says_when_it_is_wrong(visit, stream):
    page = visit(signed_in=False).page
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.get_by_label("Name").fill("trader")
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That name and password do not go together.")


def test_history_is_there_and_prices_move(visit, live):
    seen = visit()
    page = ready(seen.page)
    expect(page.locator(ROWS)).to_have_count(10)
    expect(page.locator("#feed li").first).to_be_visible()
    expect(page.get_by_text("SYNTHETIC", exact=True)).to_be_visible()
    expect(page.locator("[data-vital=health-word]")).to_have_text("Healthy")
    before = last_price(page).inner_text()
    expect(last_price(page)).not_to_have_text(before)
    assert seen.complaints == []


def test_the_chosen_symbols_chart_and_indicators_are_shown(visit, live):
    page = ready(visit().page)
    page.locator("#row-NVDA").click()
    expect(page.locator("h1")).to_have_text("NVDA")
    expect(page.locator("[data-stage=name]")).to_have_text("NVDA Incorporated")
    expect(page.locator(".readouts dd").first).to_have_text(re.compile(r"\d+\.\d\d"))
    expect(page.locator(".chart canvas").first).to_be_visible()


def test_longer_timeframes_have_overlays_and_indicators_too(visit, live):
    page = ready(visit().page)
    page.locator("#row-NVDA").click()
    page.get_by_text("5m", exact=True).click()
    expect(page.locator("[data-when]")).to_have_text(re.compile(r"\d\d:\d[05] bar of 5m"))
    expect(page.locator(".readouts dd").first).to_have_text(re.compile(r"\d+\.\d\d"))
    expect(page.get_by_role("checkbox", name="SMA 20")).to_be_enabled()
    page.reload()
    expect(page.locator("[data-when]")).to_have_text(re.compile("5m"))
    expect(page.locator(".readouts dd").first).to_have_text(re.compile(r"\d+\.\d\d"))


def test_a_burst_that_catches_up_is_cut_off_and_named(visit, stream):
    stream.start()
    stream.health(ticks_per_second=28_000.0)
    page = ready(visit().page)
    rates = page.locator("#rates")
    expect(rates).to_have_attribute("aria-label", re.compile("a burst of 28,000 is cut off"))
    for _ in range(3):
        time.sleep(0.02)
        stream.health(ticks_per_second=10.0)
    expect(page.locator("#rate")).to_have_text("10.0")
    expect(rates).to_have_attribute("aria-label", re.compile("now 10.0; a burst of 28,000"))


def test_a_detection_appears_as_it_is_published_and_leads_to_its_chart(visit, live):
    page = ready(visit().page)
    minute_ms = int(time.time() // 60) * 60_000
    live.detect("TSLA", "evening_star", "bearish", minute_ms, 123.45, publish=True)
    first = page.locator("#feed li").first
    expect(first).to_contain_text("TSLA")
    expect(first).to_contain_text("Evening star")
    first.get_by_role("button").click()
    expect(page.locator("h1")).to_have_text("TSLA")


def test_a_detection_goes_through_its_states_in_its_own_row(visit, live):
    seen = visit()
    page = ready(seen.page)
    minute_ms = int(time.time() // 60) * 60_000
    pattern = live.detect("TSLA", "evening_star", "bearish", minute_ms, 123.45, publish=True)
    row = page.locator(f"[data-id='{pattern['detection_id']}']")
    state = row.locator(".state")
    expect(state).to_have_text("○ Formed")
    row.focus()
    later = live.detect("XOM", "doji", "neutral", minute_ms, 50.0, publish=True)
    expect(page.locator(f"[data-id='{later['detection_id']}']")).to_be_visible()
    live.become(pattern, "confirmed", minute_ms + MINUTE_MS)
    expect(state).to_have_text("✓ Confirmed")
    live.become(pattern, "failed", minute_ms + 2 * MINUTE_MS)
    expect(state).to_have_text("✕ Failed")
    expect(row).to_be_focused()
    expect(row).to_have_count(1)
    row.click()
    chosen = page.locator("p.chosen")
    expect(chosen).to_contain_text(re.compile(r"✓ Confirmed \d\d:\d\d → ✕ Failed \d\d:\d\d"))
    assert seen.complaints == []


def test_the_feed_can_be_filtered_by_timeframe_and_tier(visit, live):
    seen = visit()
    page = ready(seen.page)
    minute_ms = int(time.time() // 60) * MINUTE_MS
    day_ms = minute_ms // 86_400_000 * 86_400_000
    live.detect("AAPL", "flag", "bullish", minute_ms, 10.0, True, "5m")
    live.detect("AAPL", "squeeze", "bullish", day_ms, 10.0, True, "1d", "daily")
    live.detect("AAPL", "gap_opening_range_up", "bullish", minute_ms, 10.0, True, "5m", "combo")
    frames = page.get_by_role("combobox", name="Timeframe of detections")
    rows = page.locator("#feed li .frame")
    for choice, shown in (("5m bars", "5m"), ("Daily", "daily"), ("Combos", "combo 5m")):
        frames.select_option(choice)
        expect(rows).to_have_text([shown])
    frames.select_option("Intraday")
    expect(rows.filter(has_text="combo")).to_have_count(0)
    expect(rows.filter(has_text="5m")).to_have_count(1)
    page.reload()
    ready(page)
    for choice, shown in (("Daily", "daily"), ("Combos", "combo 5m")):
        frames.select_option(choice)
        expect(rows).to_have_text([shown])
    page.locator("#feed li").first.get_by_role("button").click()
    expect(page.locator("[data-timeframe]:checked")).to_have_value("5m")
    expect(page.locator("p.chosen a")).not_to_have_attribute("href", re.compile("."))
    assert seen.complaints == []


def test_indicators_of_another_timeframe_are_not_shown(visit, stream):
    page = ready(visit().page)
    page.locator("#row-NVDA").click()
    expect(page.locator("h1")).to_have_text("NVDA")
    first = page.locator(".readouts dd").first
    expect(first).to_have_text(re.compile(r"\d"))
    minute_ms = int(time.time() // 60) * MINUTE_MS
    told = {"minute_ms": minute_ms, "names": ["RSI_14"]}
    stream.publish("indicators", "indicators", timeframe="5m", values={"NVDA": [1.25]}, **told)
    stream.publish("indicators", "indicators", timeframe="1m", values={"NVDA": [2.5]}, **told)
    expect(first).to_have_text("2.50 oversold")
    page.get_by_text("5m", exact=True).click()
    expect(page.locator("[data-when]")).to_have_text(re.compile("of 5m"))
    stream.publish("indicators", "indicators", timeframe="1m", values={"NVDA": [1.25]}, **told)
    stream.publish("indicators", "indicators", timeframe="5m", values={"NVDA": [98.5]}, **told)
    expect(first).to_have_text("98.50 overbought")


def test_the_feed_can_be_filtered_by_direction(visit, live):
    page = ready(visit().page)
    for name in ("Bullish", "Neutral"):
        page.get_by_role("checkbox", name=name).uncheck()
    expect(page.locator("#feed .detection.bearish").first).to_be_visible()
    expect(page.locator("#feed .detection.bullish")).to_have_count(0)


def test_a_lost_connection_is_shown_and_heals_without_losing_a_detection(visit, live, server):
    page = ready(visit().page)
    banner = page.locator("#banner")
    expect(banner).to_be_hidden()
    server.stop()
    expect(banner).to_contain_text("Connection lost", timeout=10_000)
    expect(page.locator("[data-vital=health-word]")).to_have_text("No link")
    minute_ms = int(time.time() // 60) * 60_000
    live.detect("XOM", "hammer", "bullish", minute_ms, 99.5, publish=True)
    server.start()
    expect(banner).to_be_hidden(timeout=20_000)
    expect(page.locator("#feed li").first).to_contain_text("XOM")
    before = last_price(page).inner_text()
    expect(last_price(page)).not_to_have_text(before)


def test_a_stream_that_fell_silent_is_shown_as_offline(visit, stream):
    stream.start()
    stream.tick()
    stream.health(timestamp="2026-01-02T15:00:00+00:00")
    page = ready(visit().page)
    expect(page.locator("[data-vital=health-word]")).to_have_text("Offline")
    expect(page.locator("#banner")).to_contain_text("has not reported")


@pytest.mark.slow
def test_without_a_session_the_page_says_how_to_start_one(visit, stream, server):
    server.restart()
    page = ready(visit().page)
    expect(page.locator("#banner")).to_contain_text("No session is running")
    expect(page.locator("#banner code")).to_have_text("bin/run")
    expect(page.locator(ROWS)).to_have_count(10)


@pytest.mark.slow
def test_a_stopped_session_is_shown_as_stopped_at_once(visit, stream):
    stream.start()
    stream.tick()
    stream.health()
    page = ready(visit().page)
    expect(page.locator("[data-vital=health-word]")).to_have_text("Healthy")
    stream.stop()
    expect(page.locator("[data-vital=health-word]")).to_have_text("Stopped")
    expect(page.locator("#banner")).to_contain_text("these are its last prices")
    stream.health()
    expect(page.locator("#banner")).to_contain_text("The next one begins with the market")


@pytest.mark.slow
def test_an_empty_database_is_told_in_words(visit, stream, server, owner):
    owner.execute(
        "TRUNCATE ohlcv_1min, intraday_patterns, intraday_indicator_values, symbols CASCADE"
    )
    server.restart()
    page = ready(visit().page)
    expect(page.get_by_text("No prices yet. The first symbol")).to_be_visible()
    expect(page.get_by_role("link", name="Symbol page")).to_be_hidden()
    stream.start()
    stream.tick()
    expect(page.locator("h1")).to_have_text(re.compile("^[A-Z]+$"))


def test_a_degraded_stream_gives_its_reasons(visit, stream):
    stream.start()
    stream.health("degraded", reasons=["Redis did not answer for 12 s"])
    page = ready(visit().page)
    page.get_by_text("Degraded").click()
    expect(page.get_by_text("Redis did not answer for 12 s")).to_be_visible()


def test_the_keyboard_finds_and_chooses_a_symbol(visit, live):
    page = ready(visit().page)
    page.keyboard.press("/")
    expect(page.get_by_placeholder("Filter")).to_be_focused()
    page.keyboard.type("m")
    expect(page.locator(f"{ROWS}:not([hidden])")).to_have_count(5)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("JPM")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator(f"{ROWS}:not([hidden])")).to_have_count(10)


@pytest.mark.slow
def test_a_column_sorts_both_ways(visit, live):
    page = ready(visit().page)
    header = page.locator("[data-sort=volume]")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/symbols/AAPL", "/sign-in/"])
@pytest.mark.parametrize("width", [360, 768, 1920])
def test_no_width_needs_sideways_scrolling(visit, live, path, width):
    seen = visit(path, viewport={"width": width, "height": 740})
    seen.page.wait_for_load_state("networkidle") if path == "/sign-in/" else ready(seen.page)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.complaints == []


def test_a_phone_shows_one_panel_at_a_time(visit, live):
    page = ready(visit(viewport={"width": 360, "height": 740}).page)
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("#market")).to_be_hidden()
    page.get_by_role("button", name="Market").click()
    page.locator("#row-META").click()
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("h1")).to_have_text("META")


@pytest.mark.slow
def test_the_theme_follows_the_system_until_it_is_chosen(visit, live):
    page = ready(visit(color_scheme="light").page)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Switch to the dark theme").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_a_symbols_page_lists_its_detections(visit, live):
    minute_ms = int(time.time() // 60) * 60_000
    live.detect("V", "doji", "neutral", minute_ms, 50.0, publish=False)
    seen = visit("/symbols/V")
    page = ready(seen.page)
    expect(page.locator("h1")).to_have_text("V")
    expect(page.locator("#feed li").first).to_contain_text("Doji")
    hammer = live.detect("V", "hammer", "bullish", minute_ms, 50.0, publish=True)
    row = page.locator("#feed li", has_text="Hammer").first
    expect(row).to_contain_text("Formed")
    live.become(hammer, "target_reached", minute_ms)
    expect(row).to_contain_text("◎ Target reached")
    page.reload()
    expect(row.locator(".life")).to_have_text(re.compile(r"◎ Target reached \d\d:\d\d"))
    assert seen.complaints == []


@pytest.mark.slow
def test_signing_out_ends_the_visit(visit, live):
    page = ready(visit().page)
    page.get_by_text("trader", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in/"))
