"""The triggers, by raw SQL: the ORM's good manners prove nothing.

Consequence for every other test of this repository: ``transaction=True`` ends with a TRUNCATE of all tables,
which the trigger refuses, so no test may use it. ``django_capture_on_commit_callbacks`` runs what waits for a
commit.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from audit import log
from audit.actors import system
from audit.models import Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Record:
    return log.record("user.logged_in", actor=system("test"), reason="as written")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET reason = 'forged'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "TRUNCATE audit_record CASCADE",
        "INSERT INTO audit_record SELECT * FROM audit_record"
        " ON CONFLICT (id) DO UPDATE SET reason = 'forged'",
        "MERGE INTO audit_record a USING audit_record b ON a.id = b.id WHEN MATCHED THEN DELETE",
    ],
)
def test_the_database_refuses_to_change_a_record(row, statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Record.objects.get().reason == "as written"


@pytest.mark.parametrize(
    "change",
    [
        lambda row: Record.objects.update(reason="forged"),
        lambda row: Record.objects.all().delete(),
        lambda row: Record.objects.filter(pk=row.pk)._raw_delete("default"),
        lambda row: row.delete(),
        lambda row: Record(pk=row.pk, verb="user.logged_in", actor_kind="user").save(),
        lambda row: row.save(),
    ],
    ids=["update", "delete", "raw_delete", "instance_delete", "overwrite", "save_again"],
)
def test_the_orm_is_refused_as_well(row, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(row)
    assert Record.objects.get().reason == "as written"


def test_the_triggers_fire_in_replica_mode_too():
    # Plain triggers ('O') are skipped under session_replication_role = replica; 'A' is ENABLE ALWAYS.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgenabled FROM pg_trigger"
            " WHERE tgrelid = 'audit_record'::regclass AND NOT tgisinternal ORDER BY tgname"
        )
        assert cursor.fetchall() == [("record_is_never_changed", "A"), ("record_is_never_truncated", "A")]


def test_replica_mode_opens_no_way_round_for_a_superuser(row):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            # An ordinary role cannot even ask.
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute("SET LOCAL session_replication_role = replica")
            return
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM audit_record")


def test_no_test_of_this_repository_needs_a_truncate():
    flushing = re.compile(
        r"django_db\([^)]*transaction\s*=\s*True|TransactionTestCase|LiveServerTestCase|live_server\b"
    )
    tests = [path for path in Path(__file__).parents[1].rglob("test_*.py") if path != Path(__file__)]
    assert [path.name for path in tests if flushing.search(path.read_text())] == []


def test_the_migration_can_be_taken_back_and_applied_again(row):
    executor = MigrationExecutor(connection)
    executor.migrate([("audit", "0001_initial")])
    Record.objects.update(reason="changed while nothing guarded it")
    executor.loader.build_graph()
    executor.migrate([("audit", "0002_append_only")])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Record.objects.update(reason="forged")
