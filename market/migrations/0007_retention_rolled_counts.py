from django.db import migrations, models


class Migration(migrations.Migration):
    """What a longer bar has to tell once its minutes are gone; null while they are there."""

    dependencies = [("market", "0006_symbols_history_and_dividends")]

    operations = [
        migrations.AddField("rolledbar", "minutes", models.SmallIntegerField(null=True)),
        migrations.AddField("rolledbar", "trade_count", models.BigIntegerField(null=True)),
        migrations.AddField("rolledbar", "revision", models.IntegerField(null=True)),
    ]
