from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from audit import log
from controlplane.models import Epoch, Node, SessionBinding
from controlplane.operations import nodes, sessions
from controlplane.operations.admission import actor_of
from guard.core.closing import EndReason
from tests.controlplane.processes import process, session_in
from tests.people import TESTER, ticket_for, user


def running(name="alice", node=None):
    return session_in(node or process(), name)


def end(binding, reason=EndReason.CLIENT_LEFT, **more):
    return sessions.end_session(**{"actor": TESTER, "session_id": binding.pk, "reason": reason, **more})


def test_of_all_who_end_a_session_one_wins_and_writes_the_one_terminal_record(demo, records):
    binding = running()
    outcomes = [
        end(binding, reason) for reason in (EndReason.EXPIRED, EndReason.REVOKED, EndReason.CLIENT_LEFT)
    ]
    assert outcomes == [True, False, False]
    (record,) = records("session.ended")
    assert record.outcome == "expired"
    binding.refresh_from_db()
    assert (binding.state, binding.end_reason) == ("ended", "expired")


def test_the_terminal_record_says_who_why_and_what_happened(demo, records):
    binding = running()
    facts = {"tools_allowed": 2, "tools_denied": 1, "usage": {"total_tokens": 99}, "close_code": 4410}
    end(binding, EndReason.REVOKED, why="left the company", fields=facts)
    (record,) = records("session.ended")
    assert (record.actor_label, record.reason, record.role) == (
        "tests",
        "left the company",
        "customer_support",
    )
    assert record.fields["tools_denied"] == 1
    assert record.fields["close_code"] == 4410
    assert record.fields["duration_seconds"] >= 0
    binding.refresh_from_db()
    assert (binding.tools_allowed, binding.tools_denied, binding.usage) == (2, 1, {"total_tokens": 99})


def test_an_end_that_cannot_be_recorded_does_not_happen(demo, monkeypatch):
    binding = running()

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OSError, match="disk full"):
        end(binding)
    binding.refresh_from_db()
    assert binding.state == "active"


def test_ending_from_outside_rings_and_from_inside_does_not(demo):
    def epoch():
        return Epoch.objects.get().value

    inside, outside = running(), running()
    before = epoch()
    end(inside, actor=actor_of(inside))
    assert epoch() == before
    end(outside)
    assert epoch() == before + 1


def test_ending_a_users_sessions_ends_running_ones_and_unused_tickets_and_nobody_elses(demo, records):
    running("alice"), running("alice"), ticket_for("alice"), running("bob")
    ended = sessions.end_sessions_of(actor=TESTER, user=user("alice"), reason=EndReason.REVOKED)
    assert ended == 3
    assert not user("alice").bindings.exclude(state="ended").exists()
    assert user("bob").bindings.get().state == "active"
    assert len(records("session.ended")) == 3


def test_the_reaper_ends_what_is_over_its_time_and_leaves_the_rest(demo, records):
    over, fresh = running(), running()
    SessionBinding.objects.filter(pk=over.pk).update(
        started_at=Now() - timedelta(seconds=50),
        created_at=Now() - timedelta(seconds=60),
        end_by=Now() - sessions.GRACE - timedelta(seconds=1),
    )
    assert sessions.reap_expired(actor=TESTER) == 1
    over.refresh_from_db(), fresh.refresh_from_db()
    assert (over.state, over.end_reason) == ("ended", "expired")
    assert fresh.state == "active"
    (record,) = records("reaper.swept")
    assert record.fields["count"] == 1


def test_the_reaper_gives_a_live_process_the_first_word(demo):
    binding = running()
    SessionBinding.objects.update(
        started_at=Now() - timedelta(seconds=50), created_at=Now() - timedelta(seconds=60), end_by=Now()
    )
    assert sessions.reap_expired(actor=TESTER) == 0
    binding.refresh_from_db()
    assert binding.state == "active"


def test_a_session_whose_process_is_gone_ends_as_lost_and_so_does_the_process(demo, records):
    gone, alive = process(seen_seconds_ago=61), process(seen_seconds_ago=50)
    lost, going_on = running(node=gone), running(node=alive)
    assert sessions.reap_expired(actor=TESTER) == 1
    lost.refresh_from_db(), going_on.refresh_from_db()
    assert (lost.end_reason, lost.released_at, going_on.state) == ("node_lost", None, "active")
    assert [record.outcome for record in records("session.ended")] == ["node_lost"]
    (record,) = records("node.stopped")
    assert (record.subject, record.outcome, record.fields["sessions"]) == (str(gone.pk), "node_lost", 1)


def test_what_a_process_left_behind_when_it_stopped_is_ended_at_once(demo):
    node = process()
    left = running(node=node)
    nodes.stop(actor=TESTER, node_id=node.pk)
    assert sessions.reap_expired(actor=TESTER) == 1
    left.refresh_from_db()
    assert left.end_reason == "node_lost"


def test_sweeping_twice_changes_nothing_and_says_nothing(demo, records):
    running(node=process(seen_seconds_ago=3600))
    assert sessions.reap_expired(actor=TESTER) == 1
    before = len(records())
    assert sessions.reap_expired(actor=TESTER) == 0
    assert len(records()) == before


def test_a_process_that_renews_while_the_reaper_waits_is_not_lost(demo, monkeypatch):
    """After a jump of the database's clock, or an hour without it, all of them seem lost."""
    node = process(seen_seconds_ago=3600)
    binding = running(node=node)
    renew = Node.objects.filter(pk=node.pk)
    monkeypatch.setattr(sessions.time, "sleep", lambda _: renew.update(seen_at=Now()))
    assert sessions.reap_expired(actor=TESTER) == 0
    binding.refresh_from_db()
    assert binding.state == "active"


@pytest.mark.parametrize("clock", ["database", "host"])
def test_after_a_jump_of_the_database_s_clock_the_process_knows_how_long_a_session_has_lasted(demo, clock):
    node = process()
    running(node=node)
    overdue = {
        "created_at": Now() - timedelta(hours=2),
        "started_at": Now() - timedelta(hours=2),
        "end_by": Now() - timedelta(hours=1),
    }
    SessionBinding.objects.update(**overdue)
    nodes.record_jump(actor=TESTER, node_id=node.pk, name="host:1", clock=clock, seconds=3600.0)
    assert sessions.reap_expired(actor=TESTER) == (0 if clock == "database" else 1)


def test_one_session_that_cannot_be_ended_does_not_keep_the_others_alive(demo, monkeypatch, caplog):
    node = process(seen_seconds_ago=3600)
    bad, good = running(node=node), running(node=node)
    real = sessions.end_session

    def fails_once(*, session_id, **rest):
        if session_id == bad.pk:
            raise OSError("disk full")
        return real(session_id=session_id, **rest)

    monkeypatch.setattr(sessions, "end_session", fails_once)
    assert sessions.reap_expired(actor=TESTER) == 1
    good.refresh_from_db()
    assert good.state == "ended"
    assert str(bad.pk) in caplog.text


def test_unused_tickets_end_when_their_time_is_over(demo, records):
    stale, fresh = ticket_for(), ticket_for()
    SessionBinding.objects.filter(pk=stale.binding.pk).update(
        created_at=Now() - timedelta(seconds=61), start_by=Now() - timedelta(seconds=1)
    )
    assert sessions.revoke_tickets(actor=TESTER) == 1
    assert SessionBinding.objects.get(pk=stale.binding.pk).end_reason == "expired"
    assert SessionBinding.objects.get(pk=fresh.binding.pk).state == "pending"
    (record,) = records("ticket.expired")
    assert record.session_id == str(stale.binding.pk)
    assert not records("session.ended")
    assert sessions.revoke_tickets(actor=TESTER) == 0
