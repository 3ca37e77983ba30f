from django.db import migrations

from market.grants import READONLY, READWRITE, WEB

# The web names these columns alone, so that what it inserts is queued, and nothing else.
ASKED = "run_id, kind, triggered_by, parameters"

ONE_RUN = """
CREATE UNIQUE INDEX processing_runs_one ON processing_runs ((true))
    WHERE status IN ('queued', 'running', 'cancelling');
"""

GRANTS = f"""
GRANT INSERT ({ASKED}) ON processing_runs TO {WEB};
REVOKE ALL ON processing_audit FROM {READWRITE}, {READONLY}, {WEB};
GRANT SELECT, INSERT ON processing_audit TO {WEB};
GRANT INSERT ON processing_audit TO {READWRITE};
GRANT USAGE ON SEQUENCE processing_audit_id_seq TO {WEB}, {READWRITE};
"""

# Asking for an end is all that the web may do to a run that stands. One that nobody has begun
# ends at once; what a worker does ends within seconds, between two of its units.
CANCEL = f"""
CREATE FUNCTION cancel_processing(wanted uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    became text;
BEGIN
    UPDATE public.processing_runs SET
        status = CASE status WHEN 'queued' THEN 'cancelled' ELSE 'cancelling' END,
        finished_at = CASE status WHEN 'queued' THEN clock_timestamp() END
    WHERE run_id = wanted AND status IN ('queued', 'running', 'cancelling')
    RETURNING status INTO became;
    RETURN became;
END
$$;
REVOKE ALL ON FUNCTION cancel_processing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_processing(uuid) TO {WEB}, {READWRITE};
"""


class Migration(migrations.Migration):
    """One run at a time, and what the web may do to one."""

    dependencies = [("admin_processing", "0001_tables")]

    operations = [
        migrations.RunSQL(ONE_RUN, "DROP INDEX processing_runs_one"),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(CANCEL, "DROP FUNCTION cancel_processing(uuid)"),
    ]
