import django.db.models.functions.datetime
from django.db import migrations, models

from market import grants

TABLES = ("detector_settings",)


class Migration(migrations.Migration):
    """What operators set for detectors: the web writes it, the stream and the jobs read it."""

    dependencies = [("patterns", "0003_time_indexes")]

    operations = [
        migrations.CreateModel(
            name="DetectorSetting",
            fields=[
                ("pattern_type", models.TextField(primary_key=True, serialize=False)),
                ("enabled", models.BooleanField(db_default=True, default=True)),
                ("parameters", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "changed_at",
                    models.DateTimeField(
                        auto_now=True, db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("changed_by", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "verbose_name": "detector setting",
                "verbose_name_plural": "detectors",
                "db_table": "detector_settings",
            },
        ),
        grants.grant(grants.web_settings(TABLES)),
    ]
