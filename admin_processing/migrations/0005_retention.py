from django.db import migrations

from market.grants import READWRITE

# Runs as its owner, app_owner: a policy is the hypertable's owner's right alone. One-minute bars
# are not in the list: before they go, longer bars are made of them.
FUNCTION = f"""
CREATE FUNCTION set_retention_policy(wanted text, kept_days integer) RETURNS text
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allowed constant text[] := ARRAY['ohlcv_rolled', 'intraday_indicator_values',
        'intraday_patterns', 'daily_patterns', 'combo_patterns', 'integration_events'];
    hypertable regclass;
    was interval;
BEGIN
    IF wanted <> ALL (allowed) THEN
        RAISE EXCEPTION 'set_retention_policy: % is not a table that a policy may drop from', wanted;
    END IF;
    IF kept_days NOT BETWEEN 0 AND 36500 THEN
        RAISE EXCEPTION 'set_retention_policy: % days: 0 (none) to 36500 are allowed', kept_days;
    END IF;
    hypertable := format('public.%I', wanted)::regclass;
    SELECT (config ->> 'drop_after')::interval INTO was FROM timescaledb_information.jobs
    WHERE proc_name = 'policy_retention' AND hypertable_schema = 'public'
        AND hypertable_name = wanted;
    IF kept_days > 0 AND was = make_interval(days => kept_days) THEN
        RETURN 'unchanged';
    END IF;
    IF kept_days = 0 OR was IS NOT NULL THEN
        PERFORM public.remove_retention_policy(hypertable, if_exists => true);
    END IF;
    IF kept_days = 0 THEN
        RETURN CASE WHEN was IS NULL THEN 'unchanged' ELSE 'removed' END;
    END IF;
    PERFORM public.add_retention_policy(hypertable, drop_after => make_interval(days => kept_days));
    RETURN 'set';
END
$$;
REVOKE ALL ON FUNCTION set_retention_policy(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_retention_policy(text, integer) TO {READWRITE};
"""


class Migration(migrations.Migration):
    """Policies of TimescaleDB's own, where its licence has them, by a function of the owner's."""

    dependencies = [
        ("admin_processing", "0004_fidelity_symbols"),
        ("market", "0007_retention_rolled_counts"),
        ("streaming", "0005_retention_of_all_tiers"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION set_retention_policy(text, integer)"),
    ]
