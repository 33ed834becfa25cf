"""What people do about requests for approval, in short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models.functions import Now

from audit.actors import of_user
from controlplane.models import Approval, Epoch
from controlplane.operations import approvals
from controlplane.operations.admission import actor_of
from tests.controlplane.asked import DIGEST
from tests.people import user


def decide(row, by="carol", approve=True, reason=""):
    person = user(by)
    return approvals.decide(actor=of_user(person), by=person, approval=row, approve=approve, reason=reason)


def refused(row, code, by="carol", **more):
    with pytest.raises(approvals.NotDecided) as refusal:
        decide(row, by, **more)
    assert refusal.value.code == code


def use(binding, number=1, digest=DIGEST):
    return approvals.use(actor=actor_of(binding), session_id=binding.pk, number=number, digest=digest)


def overdue(row):
    times = {"requested_at": Now() - timedelta(minutes=2), "expires_at": Now() - timedelta(seconds=1)}
    if row.decided_at:
        times["decided_at"] = Now() - timedelta(minutes=1)
    Approval.objects.filter(pk=row.pk).update(**times)


def supervisor(name):
    user(name).groups.add(Group.objects.get(name="supervisors"))
    return name


def rings():
    return Epoch.objects.get().value
