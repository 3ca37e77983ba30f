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
GRANT SELECT, INSERT ON processing_audit TO {WEB}, {READWRITE};
GRANT SELECT ON processing_audit TO {READONLY};
GRANT USAGE ON SEQUENCE processing_audit_id_seq TO {WEB}, {READWRITE};
"""

# Asking for an end is all that the web may do to a run that stands. Where nobody is at work it ends
# at once; otherwise a worker ends it within a second or two.
CANCEL = f"""
CREATE FUNCTION cancel_processing(wanted uuid, by_whom text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    became text := 'cancelled';
BEGIN
    IF EXISTS (SELECT FROM public.processing_chunks WHERE run_id = wanted
               AND status = 'working' AND lease_until >= clock_timestamp()) THEN
        became := 'cancelling';
    END IF;
    UPDATE public.processing_runs SET status = became, note = 'cancelled by ' || by_whom,
        finished_at = CASE became WHEN 'cancelled' THEN clock_timestamp() END
    WHERE run_id = wanted AND status IN ('queued', 'running', 'cancelling');
    IF NOT FOUND THEN
        RETURN '';
    END IF;
    RETURN became;
END
$$;
REVOKE ALL ON FUNCTION cancel_processing(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_processing(uuid, text) TO {WEB}, {READWRITE};
"""


class Migration(migrations.Migration):
    """One run at a time, and what the web may do to one."""

    dependencies = [("admin_processing", "0001_tables")]

    operations = [
        migrations.RunSQL(ONE_RUN, "DROP INDEX processing_runs_one"),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.RunSQL(CANCEL, "DROP FUNCTION cancel_processing(uuid, text)"),
    ]
