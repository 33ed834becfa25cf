from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from controlplane import tasks
from controlplane.models import Approval, SessionBinding, Sweep
from tests.controlplane.asked import asked, running
from tests.controlplane.processes import process, session_in
from tests.people import ticket_for


def test_the_tasks_take_no_arguments_and_may_run_twice(demo, records):
    unused = ticket_for()
    session_in(process(seen_seconds_ago=3600))
    SessionBinding.objects.filter(pk=unused.binding.pk).update(
        created_at=Now() - timedelta(hours=1), start_by=Now() - timedelta(minutes=59)
    )
    for _ in range(2):
        tasks.reap_expired.apply(throw=True)
        tasks.revoke_tickets.apply(throw=True)
        tasks.prune.apply(throw=True)
    assert set(Sweep.objects.values_list("name", flat=True)) == {"reap_expired", "revoke_tickets", "prune"}
    assert [record.actor_label for record in records("session.ended", "ticket.expired")] == [
        "reaper",
        "reaper",
    ]
    assert sorted(SessionBinding.objects.values_list("end_reason", flat=True)) == ["expired", "node_lost"]


def test_the_sweep_of_approvals_expires_what_is_overdue_and_may_run_twice(demo, records):
    row = asked(running())
    Approval.objects.filter(pk=row.pk).update(
        requested_at=Now() - timedelta(minutes=2), expires_at=Now() - timedelta(minutes=1)
    )
    for _ in range(2):
        tasks.expire_approvals.apply(throw=True)
    assert [record.actor_label for record in records("approval.expired")] == ["reaper"]
