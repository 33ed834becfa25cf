from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from controlplane.models import CreationCount, Node, Sweep
from controlplane.operations import nodes, sweeps
from tests.controlplane.processes import process, session_in
from tests.people import TESTER


def all_swept() -> None:
    for name in settings.SWEEPS:
        sweeps.note(name=name, count=0)


def test_a_sweep_notes_when_it_went_through_and_what_it_found(db):
    sweeps.sweep("prune", lambda: 3)
    sweeps.sweep("prune", lambda: 0)
    assert Sweep.objects.get().count == 0


def test_a_sweep_that_fails_notes_nothing(db):
    with pytest.raises(ZeroDivisionError):
        sweeps.sweep("prune", lambda: 1 // 0)
    assert not Sweep.objects.exists()


def test_nothing_is_late_while_everything_runs(db):
    all_swept()
    assert sweeps.late() == []


def test_what_has_never_run_or_not_for_three_intervals_is_late(db):
    all_swept()
    Sweep.objects.filter(name="prune").delete()
    for name in ("reap_expired", "revoke_tickets"):
        Sweep.objects.filter(name=name).update(ran_at=Now() - timedelta(seconds=20))
    assert sweeps.late() == ["reap_expired last ran 20 s ago", "prune has never run"]


def old(days: int = 2):
    return Now() - timedelta(days=days)


def test_prune_deletes_what_nobody_looks_at_any_more_and_nothing_else(demo, records):
    CreationCount.objects.create(scope="everybody", minute=old(), count=1)
    stopped, used, just_now = process(), process(), process()
    session_in(used)
    for node in (stopped, used, just_now):
        nodes.stop(actor=TESTER, node_id=node.pk)
    running = process()
    Node.objects.filter(pk__in=[stopped.pk, used.pk]).update(stopped_at=old())
    Session.objects.create(session_key="old", expire_date=old())
    Session.objects.create(session_key="new", expire_date=Now() + timedelta(days=1))
    before = len(records())
    assert sweeps.prune() == 3
    assert sweeps.prune() == 0
    assert CreationCount.objects.exists()  # of the tickets above
    assert not CreationCount.objects.filter(minute__lte=old()).exists()
    assert set(Node.objects.values_list("pk", flat=True)) == {used.pk, just_now.pk, running.pk}
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert len(records()) == before
