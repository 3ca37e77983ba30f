from django.db import migrations, models


class Migration(migrations.Migration):
    """The flow log's key; after its hypertable, whose making drops a primary key."""

    dependencies = [("streaming", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name="integrationevent",
            constraint=models.UniqueConstraint(
                fields=("event_id", "timestamp"), name="integration_events_unique"
            ),
        )
    ]
