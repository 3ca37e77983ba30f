from django.db import migrations

TABLES = ("intraday_patterns", "intraday_indicator_values")


class Migration(migrations.Migration):
    """What TimescaleDB makes with a hypertable, under the same names, for plain PostgreSQL."""

    dependencies = [("patterns", "0002_keys_and_view")]

    operations = [
        migrations.RunSQL(
            f'CREATE INDEX IF NOT EXISTS {table}_timestamp_idx ON {table} ("timestamp" DESC)',
            migrations.RunSQL.noop,
        )
        for table in TABLES
    ]
