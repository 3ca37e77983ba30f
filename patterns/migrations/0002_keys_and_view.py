from django.db import migrations, models

SEQUENCE = """
CREATE SEQUENCE intraday_pattern_seq;
ALTER TABLE intraday_patterns ALTER COLUMN seq SET DEFAULT nextval('intraday_pattern_seq');
"""
NO_SEQUENCE = """
ALTER TABLE intraday_patterns ALTER COLUMN seq DROP DEFAULT;
DROP SEQUENCE intraday_pattern_seq;
"""
VIEW = """
CREATE VIEW intraday_indicators AS
SELECT bar.symbol, pair.indicator_name, bar.timeframe, bar."timestamp", pair.value,
    bar.calculation_timestamp
FROM intraday_indicator_values AS bar
JOIN indicator_sets AS names ON names.id = bar.set_id
CROSS JOIN LATERAL unnest(names.names, bar.values) AS pair (indicator_name, value)
WHERE pair.value <> 'NaN'::float8
"""


class Migration(migrations.Migration):
    """The keys, after the hypertables, whose making drops a primary key; and the view."""

    dependencies = [("patterns", "0001_tables")]

    operations = [
        migrations.AddConstraint(
            model_name="indicatorvalues",
            constraint=models.UniqueConstraint(
                fields=("symbol", "timeframe", "timestamp"), name="intraday_indicator_values_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="intradaypattern",
            constraint=models.UniqueConstraint(
                fields=("symbol", "timestamp", "detection_key"), name="intraday_patterns_unique"
            ),
        ),
        migrations.RunSQL(SEQUENCE, NO_SEQUENCE),
        migrations.RunSQL(VIEW, "DROP VIEW intraday_indicators"),
    ]
