"""What each database role may do; the migrations apply it.

Tables that come later are covered by default privileges: market data is read by every role and
written by `app_readwrite`. Tables that hold sign-ins, and those that the web owns, name their
own grants.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import migrations

READWRITE, READONLY, WEB = "app_readwrite", "app_readonly", "app_web"
ALL_ROLES = f"{READWRITE}, {READONLY}, {WEB}"

DEFAULTS = f"""
GRANT USAGE ON SCHEMA public TO {ALL_ROLES};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {READONLY}, {WEB};
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {READWRITE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {READWRITE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
"""

SIGN_IN_TABLES = (
    "auth_user",
    "auth_group",
    "auth_permission",
    "auth_group_permissions",
    "auth_user_groups",
    "auth_user_user_permissions",
    "django_session",
    "django_admin_log",
)
# Made by a later migration than the others, which grants on it itself.
TOKEN_TABLES = ("auth_api_tokens",)
SCHEDULE_TABLES = (
    "django_celery_beat_clockedschedule",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_periodictask",
    "django_celery_beat_periodictasks",
    "django_celery_beat_solarschedule",
)
COMMON_TABLES = ("django_content_type", "django_migrations")


def sign_in(tables: Iterable[str]) -> str:
    """SQL: only the web reads or writes these; nobody else sees them."""
    return "".join(
        f"REVOKE ALL ON {table} FROM {READWRITE}, {READONLY};\n"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {WEB};\n"
        for table in tables
    ) + _sequences(WEB)


def web_settings(tables: Iterable[str]) -> str:
    """SQL: the web writes these, `app_readwrite` and `app_readonly` read them."""
    return "".join(
        f"REVOKE ALL ON {table} FROM {READWRITE}, {READONLY};\n"
        f"GRANT SELECT ON {table} TO {READWRITE}, {READONLY};\n"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {WEB};\n"
        for table in tables
    ) + _sequences(WEB)


def schedules(tables: Iterable[str]) -> str:
    """SQL: the web edits schedules, beat notes its last runs in them."""
    writes = "SELECT, INSERT, UPDATE, DELETE"
    return "".join(
        f"GRANT {writes} ON {table} TO {WEB}, {READWRITE};\n"
        f"GRANT SELECT ON {table} TO {READONLY};\n"
        for table in tables
    ) + _sequences(f"{WEB}, {READWRITE}")


def common(tables: Iterable[str]) -> str:
    """SQL: read by every role, written by none but the owner."""
    return "".join(f"GRANT SELECT ON {table} TO {ALL_ROLES};\n" for table in tables)


def _sequences(roles: str) -> str:
    return f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles};\n"


def grant(sql: str) -> migrations.RunSQL:
    """A migration's operation for one of the grants above; rolling back leaves grants alone."""
    return migrations.RunSQL(sql, migrations.RunSQL.noop)
