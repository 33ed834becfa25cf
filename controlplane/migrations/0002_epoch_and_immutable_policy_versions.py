"""The one epoch row, and the trigger that keeps a policy version what it was when a session ran on it."""

from __future__ import annotations

from django.db import migrations

FORWARDS = """
INSERT INTO controlplane_epoch (id, value) VALUES (1, 0);

CREATE FUNCTION controlplane_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a policy version never changes', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER policy_version_never_changes
    BEFORE UPDATE OR DELETE ON controlplane_policyversion
    FOR EACH ROW EXECUTE FUNCTION controlplane_refuse_change();

-- ALWAYS: otherwise SET session_replication_role = replica switches the trigger off.
ALTER TABLE controlplane_policyversion ENABLE ALWAYS TRIGGER policy_version_never_changes;
"""

BACKWARDS = """
DROP TRIGGER policy_version_never_changes ON controlplane_policyversion;
DROP FUNCTION controlplane_refuse_change();
DELETE FROM controlplane_epoch;
"""


class Migration(migrations.Migration):
    dependencies = [("controlplane", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
