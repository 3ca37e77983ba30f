from django.db import migrations

from market.grants import READWRITE

# As in 0003_retention, with the tables that have come since.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION drop_old_rows(wanted text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    column_of constant jsonb := '{{
        "ohlcv_1min": "timestamp", "intraday_indicator_values": "timestamp",
        "intraday_patterns": "timestamp", "integration_events": "timestamp",
        "ohlcv_rolled": "timestamp", "daily_patterns": "timestamp",
        "combo_patterns": "timestamp", "daily_indicator_values": "timestamp",
        "event_outbox": "created"}}';
    hypertable boolean := false;
    gone bigint;
BEGIN
    IF NOT column_of ? wanted THEN
        RAISE EXCEPTION 'drop_old_rows: % is not a table that has a retention', wanted;
    END IF;
    IF before > now() - interval '1 day' THEN
        RAISE EXCEPTION 'drop_old_rows: nothing younger than a day is dropped, not even before %',
            before;
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM timescaledb_information.hypertables
                 WHERE hypertable_schema = ''public'' AND hypertable_name = $1)'
            INTO hypertable USING wanted;
    END IF;
    IF hypertable THEN
        EXECUTE 'SELECT count(*) FROM public.drop_chunks($1::regclass, $2)'
            INTO gone USING format('public.%I', wanted), before;
    ELSE
        EXECUTE format('DELETE FROM public.%I WHERE %I < $1', wanted, column_of ->> wanted)
            USING before;
        GET DIAGNOSTICS gone = ROW_COUNT;
    END IF;
    RETURN gone;
END
$$;
REVOKE ALL ON FUNCTION drop_old_rows(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_old_rows(text, timestamptz) TO {READWRITE};
"""


class Migration(migrations.Migration):
    """The rolled bars and the other tiers have a retention, too."""

    dependencies = [
        ("market", "0005_rolled_keys"),
        ("patterns", "0006_tier_keys_and_views"),
        ("streaming", "0004_schedules"),
    ]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
