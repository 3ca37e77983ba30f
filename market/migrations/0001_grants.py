from django.db import migrations

from market import grants


class Migration(migrations.Migration):
    """What each role may do: for the sign-in tables that stand, and for all tables to come."""

    initial = True

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        grants.grant(grants.sign_in(grants.SIGN_IN_TABLES)),
        grants.grant(grants.schedules(grants.SCHEDULE_TABLES)),
        grants.grant(grants.common(grants.COMMON_TABLES)),
        grants.grant(grants.DEFAULTS),
    ]
