from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError

from audit import log
from audit.actors import Actor
from audit.models import Record
from controlplane.models import Epoch, PolicyVersion, Provider, Role, User
from controlplane.operations import rows

pytestmark = pytest.mark.django_db
CAROL = Actor("user", "1", "carol")
CHANGES = {"idle_seconds": {"before": 300, "after": 60}}


@pytest.fixture
def role():
    return Role.objects.create(name="support")


def test_an_edit_leaves_a_record_a_version_and_a_ring(role):
    epoch = Epoch.objects.get().value
    rows.record_edit(actor=CAROL, row=role, changes=CHANGES, source_ip="192.0.2.7")
    record = Record.objects.get(verb="object.changed")
    assert (record.subject, record.actor_label, record.source_ip) == (f"role:{role.pk}", "carol", "192.0.2.7")
    assert record.fields == {
        "model": "role",
        "object_id": str(role.pk),
        "label": "support",
        "changes": CHANGES,
    }
    assert PolicyVersion.objects.latest().reason == "role support changed: idle seconds"
    assert Epoch.objects.get().value > epoch


def test_an_edit_outside_the_policy_rings_and_makes_no_version(role):
    rows.record_edit(actor=CAROL, row=role, changes=CHANGES)
    epoch = Epoch.objects.get().value
    user = User.objects.create_user("alice")
    rows.record_edit(actor=CAROL, row=user, changes={"roles": {"before": [], "after": ["support"]}})
    assert PolicyVersion.objects.count() == 1
    assert Epoch.objects.get().value > epoch


def test_retiring_happens_once(role):
    assert rows.retire(actor=CAROL, row=role, reason="merged")
    assert role.retired_at is not None
    assert not rows.retire(actor=CAROL, row=role, reason="merged")
    assert Record.objects.get(verb="object.retired").reason == "merged"
    assert "support" not in PolicyVersion.objects.latest().document["roles"]


def test_putting_back_happens_once(role):
    rows.retire(actor=CAROL, row=role, reason="merged")
    assert rows.put_back(actor=CAROL, row=role, reason="split again")
    assert not rows.put_back(actor=CAROL, row=role, reason="split again")
    role.refresh_from_db()
    assert role.retired_at is None
    assert "support" in PolicyVersion.objects.latest().document["roles"]


def test_a_taken_place_is_refused_in_words():
    old = Provider.objects.create(name="old", url="wss://a.example/v1", model_names=["m"], is_default=True)
    rows.retire(actor=CAROL, row=old, reason="moved")
    Provider.objects.create(name="new", url="wss://b.example/v1", model_names=["m"], is_default=True)
    with pytest.raises(ValidationError, match=r"Another provider is the default\."):
        rows.put_back(actor=CAROL, row=old, reason="back")
    old.refresh_from_db()
    assert old.retired_at is not None


def test_only_a_disabled_user_is_enabled():
    user = User.objects.create_user("alice", is_active=False)
    assert rows.enable_user(actor=CAROL, user=user, reason="back from leave")
    assert user.is_active
    assert not rows.enable_user(actor=CAROL, user=user, reason="back from leave")
    assert Record.objects.filter(verb="object.changed").count() == 1


@pytest.mark.parametrize("operation", [rows.retire, rows.put_back])
def test_without_a_record_nothing_changes(role, monkeypatch, operation):
    if operation is rows.put_back:
        rows.retire(actor=CAROL, row=role, reason="merged")
    before = Role.objects.get().retired_at

    def refuse(*args, **kwargs):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(log, "record", refuse)
    with pytest.raises(DatabaseError):
        operation(actor=CAROL, row=role, reason="x")
    assert Role.objects.get().retired_at == before
