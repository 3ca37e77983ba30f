from django.db import migrations

from market.grants import READWRITE

# Runs as its owner, app_owner: dropping chunks is the owner's right alone. It takes only tables
# of this list and never what is younger than a day, so that nobody can empty a table with it.
FUNCTION = f"""
CREATE FUNCTION drop_old_rows(wanted text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    column_of constant jsonb := '{{
        "ohlcv_1min": "timestamp", "intraday_indicator_values": "timestamp",
        "intraday_patterns": "timestamp", "integration_events": "timestamp",
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
    """What is older than its retention goes, by a function of the owner's."""

    dependencies = [
        ("market", "0003_bar_keys"),
        ("patterns", "0002_keys_and_view"),
        ("streaming", "0002_event_key"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION drop_old_rows(text, timestamptz)"),
    ]
