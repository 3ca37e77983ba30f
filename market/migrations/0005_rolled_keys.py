from django.db import migrations, models


class Migration(migrations.Migration):
    """The key of the rolled bars; after the hypertable, whose making drops a primary key."""

    dependencies = [("market", "0004_rolled_bars_and_splits")]

    operations = [
        migrations.AddConstraint(
            model_name="rolledbar",
            constraint=models.UniqueConstraint(
                fields=("symbol", "timeframe", "timestamp"), name="ohlcv_rolled_unique"
            ),
        ),
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS ohlcv_rolled_timestamp_idx"
            ' ON ohlcv_rolled ("timestamp" DESC)',
            migrations.RunSQL.noop,
        ),
    ]
