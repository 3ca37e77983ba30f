from django.db import migrations, models

from market import grants

SEQUENCES = """
ALTER TABLE daily_patterns ALTER COLUMN seq SET DEFAULT nextval('intraday_pattern_seq');
ALTER TABLE combo_patterns ALTER COLUMN seq SET DEFAULT nextval('intraday_pattern_seq');
"""
NO_SEQUENCES = """
ALTER TABLE daily_patterns ALTER COLUMN seq DROP DEFAULT;
ALTER TABLE combo_patterns ALTER COLUMN seq DROP DEFAULT;
"""
DAILY_VIEW = """
CREATE VIEW daily_indicators AS
SELECT bar.symbol, pair.indicator_name, bar.timeframe, bar."timestamp", pair.value,
    bar.calculation_timestamp
FROM daily_indicator_values AS bar
JOIN indicator_sets AS names ON names.id = bar.set_id
CROSS JOIN LATERAL unnest(names.names, bar.values) AS pair (indicator_name, value)
WHERE pair.value <> 'NaN'::float8
"""
COLUMNS = """symbol, "timestamp", detection_key, detection_id, pattern_type, timeframe, tier,
    direction, confidence, price, detection_timestamp, state, state_timestamp, pattern_data, seq,
    flow_id, life"""
# One stream of all tiers, for those who catch up by `seq`: each branch has an index on it.
ALL_TIERS = f"""
CREATE VIEW detections AS
SELECT {COLUMNS} FROM intraday_patterns
UNION ALL SELECT {COLUMNS} FROM daily_patterns
UNION ALL SELECT {COLUMNS} FROM combo_patterns
"""


class Migration(migrations.Migration):
    """The keys, after the hypertables, whose making drops a primary key; views over the tiers."""

    dependencies = [("patterns", "0005_tiers")]

    operations = [
        migrations.AddConstraint(
            model_name="dailyindicatorvalues",
            constraint=models.UniqueConstraint(
                fields=("symbol", "timeframe", "timestamp"), name="daily_indicator_values_unique"
            ),
        ),
        *(
            migrations.AddConstraint(
                model_name=name,
                constraint=models.UniqueConstraint(
                    fields=("symbol", "timestamp", "detection_key"), name=f"{table}_unique"
                ),
            )
            for name, table in (
                ("dailypattern", "daily_patterns"),
                ("combopattern", "combo_patterns"),
            )
        ),
        *(
            migrations.RunSQL(
                f'CREATE INDEX IF NOT EXISTS {table}_timestamp_idx ON {table} ("timestamp" DESC)',
                migrations.RunSQL.noop,
            )
            for table in ("daily_patterns", "combo_patterns", "daily_indicator_values")
        ),
        migrations.RunSQL(SEQUENCES, NO_SEQUENCES),
        migrations.RunSQL(DAILY_VIEW, "DROP VIEW daily_indicators"),
        migrations.RunSQL(ALL_TIERS, "DROP VIEW detections"),
        grants.grant(grants.web_settings(("combo_rules",))),
    ]
