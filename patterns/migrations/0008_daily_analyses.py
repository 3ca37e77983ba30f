from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("patterns", "0007_first_combo_rules")]

    operations = [
        migrations.CreateModel(
            name="DailyAnalysis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("symbol", models.TextField()),
                ("part", models.TextField()),
                ("through", models.DateTimeField()),
                ("stale_since", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "daily_analyses",
                "constraints": [
                    models.UniqueConstraint(fields=("symbol", "part"), name="daily_analyses_unique")
                ],
            },
        ),
    ]
