from django.db import migrations

DAYS = 1440
UP = [
    "resistance_break",
    "new_high",
    "year_high",
    "rectangle",
    "ascending_triangle",
    "cup_and_handle",
]
DOWN = ["support_break", "new_low", "year_low", "rectangle", "descending_triangle"]
BOTTOMS = ["double_bottom", "triple_bottom", "inverse_head_and_shoulders"]
TOPS = ["double_top", "triple_top", "head_and_shoulders"]
TURNS_UP = ["engulfing", "hammer", "morning_star", "piercing"]
TURNS_DOWN = ["engulfing", "shooting_star", "evening_star", "dark_cloud_cover"]


def leg(timeframe, names, direction, within):
    return {
        "timeframe": timeframe,
        "pattern_types": names,
        "direction": direction,
        "states": ["formed", "confirmed", "target_reached"],
        "within_minutes": within,
    }


def trigger(timeframe, names, direction):
    return {"timeframe": timeframe, "pattern_types": names, "direction": direction}


def rule(key, title, direction, first, last):
    return {"key": key, "title": title, "direction": direction, "legs": [first, last]}


# Days are those of the calendar: five reach from a Friday's close over the weekend.
RULES = (
    rule(
        "breakout_vwap_reclaim", "Daily breakout, then VWAP reclaimed", "bullish",
        leg("1d", UP, "bullish", 5 * DAYS), trigger("5m", ["vwap_reclaim"], "bullish"),
    ),
    rule(
        "breakdown_vwap_loss", "Daily breakdown, then VWAP lost", "bearish",
        leg("1d", DOWN, "bearish", 5 * DAYS), trigger("5m", ["vwap_loss"], "bearish"),
    ),
    rule(
        "squeeze_opening_range_up", "Daily squeeze released, then up out of the opening range", "bullish",
        leg("1d", ["squeeze"], "any", 5 * DAYS), trigger("5m", ["opening_range_break"], "bullish"),
    ),
    rule(
        "squeeze_opening_range_down", "Daily squeeze released, then down out of the opening range", "bearish",
        leg("1d", ["squeeze"], "any", 5 * DAYS), trigger("5m", ["opening_range_break"], "bearish"),
    ),
    rule(
        "daily_bottom_hourly_turn", "Daily bottom, then an hourly candle turns up", "bullish",
        leg("1d", BOTTOMS, "bullish", 10 * DAYS), trigger("1h", TURNS_UP, "bullish"),
    ),
    rule(
        "daily_top_hourly_turn", "Daily top, then an hourly candle turns down", "bearish",
        leg("1d", TOPS, "bearish", 10 * DAYS), trigger("1h", TURNS_DOWN, "bearish"),
    ),
    rule(
        "hourly_line_break_flag_up", "Hourly trend line broken upwards, then a flag", "bullish",
        leg("1h", ["trend_line_break"], "bullish", DAYS), trigger("5m", ["flag", "pennant"], "bullish"),
    ),
    rule(
        "hourly_line_break_flag_down", "Hourly trend line broken downwards, then a flag", "bearish",
        leg("1h", ["trend_line_break"], "bearish", DAYS), trigger("5m", ["flag", "pennant"], "bearish"),
    ),
    rule(
        "gap_opening_range_up", "Daily gap up, then up out of the opening range", "bullish",
        leg("1d", ["breakaway_gap", "runaway_gap"], "bullish", 5 * DAYS),
        trigger("5m", ["opening_range_break"], "bullish"),
    ),
    rule(
        "gap_opening_range_down", "Daily gap down, then down out of the opening range", "bearish",
        leg("1d", ["breakaway_gap", "runaway_gap"], "bearish", 5 * DAYS),
        trigger("5m", ["opening_range_break"], "bearish"),
    ),
)  # fmt: skip


def add(apps, schema_editor):
    """Those that are not there: an administrator's own of the same key stays."""
    rules = apps.get_model("patterns", "ComboRule").objects.using(schema_editor.connection.alias)
    for fields in RULES:
        rules.get_or_create(key=fields["key"], defaults=fields)


class Migration(migrations.Migration):
    """Rules to begin with; administrators change them. Rolling back leaves them alone."""

    dependencies = [("patterns", "0006_tier_keys_and_views")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
