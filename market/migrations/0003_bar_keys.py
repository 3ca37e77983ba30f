from django.db import migrations, models


class Migration(migrations.Migration):
    """The keys of the bars; after the hypertables, whose making drops a primary key."""

    dependencies = [("market", "0002_tables")]

    operations = [
        migrations.AddConstraint(
            model_name=name,
            constraint=models.UniqueConstraint(
                fields=("symbol", "timestamp"), name=f"{table}_unique"
            ),
        )
        for name, table in (("minutebar", "ohlcv_1min"), ("dailybar", "ohlcv_daily"))
    ]
