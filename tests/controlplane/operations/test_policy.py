from __future__ import annotations

import pytest
from django.db import connection, transaction

from audit import log
from controlplane import document
from controlplane.compile import NotInForce
from controlplane.models import Epoch, PolicyVersion, RedactionPattern, Role, Tool
from controlplane.operations.policy import publish_policy
from controlplane.site import bands
from tests.people import TESTER


def newest():
    return PolicyVersion.objects.latest()


def test_an_edit_makes_a_new_version_with_the_digest_of_its_document(demo, records):
    before = newest()
    Role.objects.filter(name="analyst").update(idle_seconds=99)
    version = publish_policy(actor=TESTER, reason="shorter idle limit")
    assert version.number == before.number + 1
    assert version.digest == document.digest(version.document) != before.digest
    assert newest().document["roles"]["analyst"]["idle_seconds"] == 99
    (record,) = records("policy.published", subject=str(version.number))
    assert record.fields["digest"] == version.digest
    assert record.fields["previous_digest"] == before.digest
    assert record.reason == "shorter idle limit"
    assert record.policy_version == version.number


def test_nothing_changed_means_no_new_version(demo, records):
    before, published = newest(), len(records("policy.published"))
    assert publish_policy(actor=TESTER) == before
    assert newest() == before
    assert len(records("policy.published")) == published


def test_a_description_for_administrators_decides_nothing(demo):
    before = newest()
    Role.objects.update(description="new words")
    assert publish_policy(actor=TESTER) == before


def test_going_back_is_a_new_version_with_the_old_digest(demo):
    first = newest()
    Role.objects.filter(name="analyst").update(idle_seconds=99)
    publish_policy(actor=TESTER)
    Role.objects.filter(name="analyst").update(
        idle_seconds=first.document["roles"]["analyst"]["idle_seconds"]
    )
    third = publish_policy(actor=TESTER)
    assert third.number == first.number + 2
    assert third.digest == first.digest


def test_the_digest_can_be_computed_again_from_what_is_stored(demo):
    schema = {"type": "object", "properties": {"x": {"type": "number", "maximum": 1e3, "multipleOf": 0.1}}}
    Tool.objects.filter(name="refund_order").update(parameters=schema)
    number = publish_policy(actor=TESTER).number
    stored = PolicyVersion.objects.get(number=number)
    assert document.digest(stored.document) == stored.digest


def test_publishing_moves_the_epoch_and_rings(demo, rung, django_capture_on_commit_callbacks):
    before = Epoch.objects.get().value
    with django_capture_on_commit_callbacks(execute=True):
        publish_policy(actor=TESTER)
    assert Epoch.objects.get().value > before
    assert rung


def test_a_policy_that_cannot_be_recorded_is_not_published(demo, monkeypatch):
    before = newest()

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OSError, match="disk full"), transaction.atomic():
        Role.objects.filter(name="analyst").update(idle_seconds=99)
        publish_policy(actor=TESTER)
    assert newest() == before
    assert Role.objects.get(name="analyst").idle_seconds != 99


def break_a_pattern():
    """Past every form, as a restored backup or a hand at the database would."""
    pattern = RedactionPattern.objects.filter(kind="regex", retired_at=None).first()
    RedactionPattern.objects.filter(pk=pattern.pk).update(pattern="(a")
    return pattern


def test_rows_that_do_not_compile_leave_the_policy_of_before_in_force(demo, records):
    before, pattern = newest(), break_a_pattern()
    assert publish_policy(actor=TESTER, reason="by hand") == before
    assert newest() == before
    (record,) = records("policy.rejected")
    assert record.policy_version == before.number
    assert "pattern:" in record.fields["fault"]
    assert any("NOT in force" in band.text and band.tone == "bad" for band in bands())
    RedactionPattern.objects.filter(pk=pattern.pk).update(pattern=pattern.pattern)
    publish_policy(actor=TESTER)
    assert not any("NOT in force" in band.text for band in bands())


def test_the_first_policy_of_all_must_compile(demo):
    break_a_pattern()
    # Versions are immutable: only a table without them is "the first time".
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE controlplane_policyversion DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM controlplane_policyversion")
    with pytest.raises(NotInForce, match="does not compile"):
        publish_policy(actor=TESTER)
