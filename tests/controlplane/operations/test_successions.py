from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from controlplane.models import Node, SessionBinding
from controlplane.operations import renewals, sessions, spending, successions
from controlplane.operations.admission import give_up, redeem, succeed
from controlplane.operations.people import log_out_everywhere
from controlplane.operations.successions import Succession
from controlplane.operations.tickets import Wish
from guard.core.budget import Use
from guard.core.carried import Carried
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.controlplane.processes import process
from tests.people import TESTER, edit_role, handshake, ticket_for, user


@pytest.fixture
def running(demo):
    return redeem(handshake=handshake(ticket_for().ticket)).binding


def fresh(binding):
    wish = Wish(binding.user)
    return renewals.issue(actor=TESTER, wish=wish, session_id=str(binding.pk)).ticket


def refused(ticket, **said):
    with pytest.raises(Refused) as caught:
        redeem(handshake=handshake(ticket, **said))
    return caught.value.reason


@pytest.fixture
def replacing(running):
    """A second connection that waits for the first one to let go."""
    edit_role("customer_support", second_connection="replace")
    presented = handshake(fresh(running))
    return redeem(handshake=presented), presented


def rows(succession):
    return (
        SessionBinding.objects.get(pk=succession.predecessor),
        SessionBinding.objects.get(pk=succession.successor),
    )


def test_a_second_connection_is_refused_and_the_ticket_stays_good(running, records):
    ticket = fresh(running)
    for _ in range(2):
        assert refused(ticket) is EndReason.DUPLICATE
    assert SessionBinding.objects.get().state == "active"
    assert [(record.outcome, record.rule) for record in records("session.duplicate")] == [
        ("refused", "refuse")
    ] * 2
    renewals.redeem(session_id=str(running.pk), ticket=ticket)


def test_a_late_ticket_is_no_second_connection(running, records):
    ticket = fresh(running)
    SessionBinding.objects.update(renewal_start_by=Now())
    assert refused(ticket) is EndReason.UNAUTHENTICATED
    assert len(records("ticket.expired")) == 1 and not records("session.duplicate")


def test_a_ticket_of_a_session_that_is_over_lets_nobody_in(running):
    ticket = fresh(running)
    log_out_everywhere(actor=TESTER, user=user("alice"), reason="test")
    assert refused(ticket) is EndReason.UNAUTHENTICATED


def test_a_second_connection_from_a_wrong_page_learns_nothing(running):
    assert refused(fresh(running), origin="https://evil.example") is EndReason.NOT_ALLOWED


def test_the_first_ends_and_the_second_waits(replacing, records, rung):
    succession, _ = replacing
    assert isinstance(succession, Succession)
    first, second = rows(succession)
    assert (first.state, first.end_reason) == ("ended", "duplicate")
    assert (second.state, second.user, second.role, second.provider, second.model) == (
        "pending",
        first.user,
        first.role,
        first.provider,
        first.model,
    )
    (end,) = records("session.ended")
    assert (end.session_id, end.outcome, end.rule) == (str(first.pk), "duplicate", "replaced")
    (record,) = records("session.duplicate")
    assert (record.outcome, record.fields["successor"]) == ("replaced", str(second.pk))


def test_nobody_begins_before_the_first_has_let_go(replacing):
    succession, presented = replacing
    assert succeed(succession=succession, handshake=presented) is None
    sessions.release(session_id=succession.predecessor)
    admitted = succeed(succession=succession, handshake=presented)
    first, second = rows(succession)
    assert admitted.binding == second and second.state == "active"
    assert second.end_by == first.end_by, "no time is gained"


USED = {"milliseconds": 1000, "total_tokens": 7, "audio_milliseconds": 300, "micros": 90}


def closes(control, session_id, **usage):
    asyncio.run(control.end(str(session_id), EndReason.CLIENT_LEFT, {"usage": usage}))


def test_what_the_first_has_used_counts_towards_the_budgets_of_the_second_and_once_on_the_day(
    replacing, control
):
    succession, presented = replacing
    closes(control, succession.predecessor, **USED, calls={"issue_refund": 2})
    admitted = succeed(succession=succession, handshake=presented)
    assert spending.carried_by(admitted.binding) == Carried(Use(1000, 7, 300, 90), {"issue_refund": 2})
    assert spending.today(user("alice")).use.tokens == 7
    assert spending.settle(session_id=succession.successor, total=Use(tokens=1)).use.tokens == 8


def test_replacing_again_and_again_loses_nothing(replacing, control):
    succession, presented = replacing
    closes(control, succession.predecessor, **USED, calls={"issue_refund": 2})
    second = succeed(succession=succession, handshake=presented).binding
    presented = handshake(fresh(second))
    succession = redeem(handshake=presented)
    closes(control, second.pk, **USED, calls={"issue_refund": 1, "list_recent_orders": 1})
    third = succeed(succession=succession, handshake=presented).binding
    assert spending.carried_by(third) == Carried(
        Use(2000, 14, 600, 180), {"issue_refund": 3, "list_recent_orders": 1}
    )
    assert spending.today(user("alice")).use.tokens == 14


def test_a_session_that_replaces_none_has_used_nothing(running):
    assert spending.carried_by(running) == Carried()


def test_a_lost_process_is_waited_for_as_long_as_its_lease_runs(replacing):
    succession, presented = replacing
    node = process(seen_seconds_ago=50)
    SessionBinding.objects.filter(pk=succession.predecessor).update(node=node)
    assert succeed(succession=succession, handshake=presented) is None
    Node.objects.update(seen_at=Now() - successions.LEASE - timedelta(seconds=1))
    assert succeed(succession=succession, handshake=presented)


def test_the_ticket_is_used_up_and_shows_nobody_the_waiting_one(replacing):
    succession, presented = replacing
    assert refused(presented.ticket) is EndReason.UNAUTHENTICATED
    assert rows(succession)[1].state == "pending"


def test_who_waits_in_vain_is_refused(replacing, records):
    succession, presented = replacing
    with pytest.raises(Refused) as caught:
        give_up(succession=succession, handshake=presented)
    assert caught.value.reason is EndReason.DUPLICATE
    assert [row.state for row in rows(succession)] == ["ended", "ended"]
    assert records("session.duplicate")[-1].rule == "not_released"
    sessions.release(session_id=succession.predecessor)
    with pytest.raises(Refused):
        succeed(succession=succession, handshake=presented)


def test_who_is_logged_out_while_he_waits_does_not_begin(replacing):
    succession, presented = replacing
    log_out_everywhere(actor=TESTER, user=user("alice"), reason="test")
    sessions.release(session_id=succession.predecessor)
    with pytest.raises(Refused) as caught:
        succeed(succession=succession, handshake=presented)
    assert caught.value.reason is EndReason.REVOKED


def test_no_successor_begins_after_the_time_is_up(replacing):
    succession, presented = replacing
    sessions.release(session_id=succession.predecessor)
    SessionBinding.objects.filter(pk=succession.predecessor).update(end_by=Now())
    assert succeed(succession=succession, handshake=presented) is None
