"""Records can be added and nothing else, whoever asks and however.

ENABLE ALWAYS: an ordinary trigger is skipped under ``session_replication_role = replica``. TRUNCATE fires no row
trigger, so it has its own. What this does not stop: the table's owner can still disable a trigger or drop the table.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_record_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_record is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER record_is_never_changed BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_record_is_append_only();
CREATE TRIGGER record_is_never_truncated BEFORE TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_record_is_append_only();

ALTER TABLE audit_record ENABLE ALWAYS TRIGGER record_is_never_changed;
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER record_is_never_truncated;
"""

REVERSE = """
DROP TRIGGER record_is_never_truncated ON audit_record;
DROP TRIGGER record_is_never_changed ON audit_record;
DROP FUNCTION audit_record_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
