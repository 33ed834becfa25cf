from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from controlplane.models import Epoch, Lock, PolicyVersion, ServiceKey


@pytest.fixture
def version(db):
    return PolicyVersion.objects.create(number=1, document={"roles": {}}, digest="0" * 64, created_by="tests")


def test_a_policy_version_cannot_be_changed(version):
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        PolicyVersion.objects.update(document={})


def test_a_policy_version_cannot_be_deleted(version):
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        version.delete()


def test_the_trigger_holds_in_replica_mode_too(version):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'policy_version_never_changes'")
        assert cursor.fetchone() == ("A",)  # ALWAYS


@pytest.mark.parametrize("values", [{"number": 0}, {"digest": "abc"}, {"digest": "G" * 64}])
def test_a_version_without_number_or_digest_is_refused(db, values):
    shape = {"number": 1, "document": {}, "digest": "0" * 64, "created_by": "tests"}
    with pytest.raises(IntegrityError):
        PolicyVersion.objects.create(**{**shape, **values})


def test_there_is_one_epoch(db):
    assert Epoch.objects.count() == 1
    with pytest.raises(IntegrityError, match="there_is_one_epoch"):
        Epoch.objects.create(pk=2)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("lock_has_a_target", {"kind": "everything", "target": "alice"}),
        ("lock_has_a_target", {"kind": "user", "target": ""}),
        ("lock_has_a_reason", {"reason": ""}),
        ("lifted_lock_says_who", {"lifted_by": "carol"}),
    ],
)
def test_locks_that_say_too_little_or_too_much_are_refused(db, constraint, values):
    shape = {"kind": "user", "target": "alice", "reason": "because", "created_by": "carol"}
    with pytest.raises(IntegrityError, match=constraint):
        Lock.objects.create(**{**shape, **values})


def test_a_service_key_keeps_a_sha256(db):
    with pytest.raises(IntegrityError, match="service_key_digest_has_32_bytes"):
        ServiceKey.objects.create(name="x", digest=b"plain", last4="last", created_by="tests")
