from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from audit import log
from controlplane.models import Provider, Role, SessionBinding, User
from controlplane.operations.admission import redeem
from controlplane.operations.locks import raise_lock
from controlplane.operations.people import disable_user, log_out_everywhere
from controlplane.operations.policy import publish_policy
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import ADDRESS, TESTER, edit_role, handshake, ticket_for, user


def refused(presented):
    with pytest.raises(Refused) as refusal:
        redeem(handshake=presented)
    return refusal.value


def test_a_ticket_lets_its_user_in_and_starts_the_clock(demo, records):
    edit_role("customer_support", max_session_seconds=120)
    issued = ticket_for()
    admitted = redeem(handshake=handshake(issued.ticket))
    binding = SessionBinding.objects.get()
    assert binding.state == "active"
    assert binding.end_by - binding.started_at == timedelta(seconds=120)
    assert 119 < admitted.seconds_left <= 120
    assert admitted.policy.principal.name == "alice"
    (record,) = records("session.started")
    assert record.session_id == str(binding.pk)
    assert (record.actor_kind, record.actor_label) == ("session", "alice")
    assert (record.source_ip, record.fields["user_agent"]) == (ADDRESS, "tests")
    assert record.policy_version == admitted.policy.version


def test_a_start_that_cannot_be_recorded_does_not_happen(demo, monkeypatch):
    issued = ticket_for()

    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OSError, match="disk full"):
        redeem(handshake=handshake(issued.ticket))
    assert SessionBinding.objects.get().state == "pending"


@pytest.mark.parametrize("ticket", [None, "", "ek_garbage", "sk-provider", "ek_\x00", "ek_\ud800"])
def test_no_ticket_or_an_unknown_one_is_refused_alike(demo, records, ticket):
    ticket_for()
    refusal = refused(handshake(ticket))
    assert (refusal.reason, refusal.message, refusal.code) == (EndReason.UNAUTHENTICATED, "", "")
    (record,) = records("ticket.refused")
    assert record.rule == ("unknown_ticket" if ticket else "no_ticket")
    assert "garbage" not in repr(vars(record))


def test_a_used_ticket_is_a_replay_and_the_first_session_stays(demo, records):
    issued = ticket_for()
    redeem(handshake=handshake(issued.ticket))
    assert refused(handshake(issued.ticket)).reason is EndReason.UNAUTHENTICATED
    assert SessionBinding.objects.get().state == "active"
    (record,) = records("ticket.replayed")
    assert record.session_id == str(issued.binding.pk)


def test_a_ticket_is_void_from_its_start_by_on(demo, records):
    issued = ticket_for()
    SessionBinding.objects.update(created_at=Now() - timedelta(seconds=60), start_by=Now())
    assert refused(handshake(issued.ticket)).reason is EndReason.UNAUTHENTICATED
    assert SessionBinding.objects.get().state == "pending"
    assert len(records("ticket.expired")) == 1


def test_the_clock_of_the_web_host_does_not_matter(demo, monkeypatch):
    fresh, stale = ticket_for(), ticket_for()
    SessionBinding.objects.filter(pk=stale.binding.pk).update(
        created_at=Now() - timedelta(hours=1), start_by=Now() - timedelta(minutes=59)
    )
    real = timezone.now
    for skew in (timedelta(hours=1), timedelta(hours=-1)):
        monkeypatch.setattr(timezone, "now", lambda skew=skew: real() + skew)
        refused(handshake(stale.ticket))
    assert redeem(handshake=handshake(fresh.ticket))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://localhost:9999",
        "https://localhost:8000",
        "http://localhost:8000.evil.example",
        "http://localhost:8000/",
        "HTTP://LOCALHOST:8000",
    ],
)
def test_foreign_origins_are_refused_whatever_the_ticket(demo, records, settings, origin):
    settings.ALLOWED_ORIGINS = ["http://localhost:8000"]
    issued = ticket_for()
    assert refused(handshake(issued.ticket, origin=origin)).reason is EndReason.NOT_ALLOWED
    assert SessionBinding.objects.get().state == "pending"
    (record,) = records("session.refused")
    assert (record.rule, record.session_id) == ("origin", "")


def test_an_allowed_origin_and_none_at_all_are_let_in(demo, settings):
    settings.ALLOWED_ORIGINS = ["http://localhost:8000"]
    assert redeem(handshake=handshake(ticket_for().ticket, origin="http://localhost:8000"))
    assert redeem(handshake=handshake(ticket_for().ticket))


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:8000"])
def test_a_ticket_bound_to_an_origin_works_from_that_one_only(demo, records, settings, origin):
    settings.ALLOWED_ORIGINS = ["http://localhost:8000", "http://127.0.0.1:8000"]
    issued = ticket_for(origin="http://localhost:8000")
    assert refused(handshake(issued.ticket, origin=origin)).reason is EndReason.UNAUTHENTICATED
    assert [record.rule for record in records("ticket.refused")] == ["origin_mismatch"]
    assert redeem(handshake=handshake(issued.ticket, origin="http://localhost:8000"))


def test_a_ticket_bound_to_a_network_works_from_that_one_only(demo, records):
    edit_role("customer_support", binds_address=True)
    issued = ticket_for(address="203.0.113.7")
    assert refused(handshake(issued.ticket, ip="198.51.100.7")).reason is EndReason.UNAUTHENTICATED
    assert [record.rule for record in records("ticket.refused")] == ["network_mismatch"]
    assert redeem(handshake=handshake(issued.ticket, ip="203.0.113.250"))


def disable():
    disable_user(actor=TESTER, user=user("alice"), reason="left")


def take_role():
    user("alice").roles.clear()


def retire_role():
    Role.objects.filter(name="customer_support").update(retired_at=timezone.now())


def retire_provider():
    Provider.objects.update(retired_at=timezone.now())


def void_earlier_tickets():
    User.objects.filter(username="alice").update(not_before=Now())


def unpublish_role():
    retire_role()
    publish_policy(actor=TESTER)
    Role.objects.update(retired_at=None)


@pytest.mark.parametrize(
    "change",
    [take_role, retire_role, retire_provider, void_earlier_tickets, unpublish_role],
)
def test_what_was_lost_between_mint_and_connect_is_lost(demo, records, change):
    issued = ticket_for()
    change()
    assert refused(handshake(issued.ticket)).reason is EndReason.REVOKED
    assert SessionBinding.objects.get().state == "pending"
    (record,) = records("session.refused")
    assert record.rule


def test_a_disabled_users_ticket_is_ended_and_refused(demo):
    issued = ticket_for()
    disable()
    assert refused(handshake(issued.ticket)).reason is EndReason.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("user", "alice"),
        ("role", "customer_support"),
        ("provider", "sandbox"),
        ("everything", ""),
        ("session", None),
    ],
)
def test_a_lock_raised_between_mint_and_connect_refuses(demo, records, kind, target):
    issued = ticket_for()
    raise_lock(
        actor=TESTER,
        kind=kind,
        target=str(issued.binding.pk) if target is None else target,
        reason="incident",
    )
    assert refused(handshake(issued.ticket)).reason is EndReason.LOCKED
    assert [record.rule for record in records("session.refused")] == [f"lock:{kind}"]


def test_after_a_log_out_everywhere_new_tickets_work(demo):
    old = ticket_for()
    log_out_everywhere(actor=TESTER, user=user("alice"), reason="lost laptop")
    refused(handshake(old.ticket))
    assert redeem(handshake=handshake(ticket_for().ticket))


def test_a_model_named_at_the_mint_is_bound(demo, records):
    issued = ticket_for(session={"type": "realtime", "model": "gpt-realtime"})
    refusal = refused(handshake(issued.ticket, model="gpt-realtime-mini"))
    assert (refusal.reason, refusal.code) == (EndReason.NOT_ALLOWED, "model_not_found")
    assert [record.rule for record in records("session.refused")] == ["model_not_found"]
    assert redeem(handshake=handshake(issued.ticket, model="gpt-realtime")).model == "gpt-realtime"


def test_without_a_model_at_the_mint_the_client_picks_one_of_the_policy(demo):
    assert refused(handshake(ticket_for().ticket, model="gpt-image-9")).code == "model_not_found"
    admitted = redeem(handshake=handshake(ticket_for().ticket, model="gpt-realtime-mini"))
    assert admitted.model == admitted.binding.model == "gpt-realtime-mini"
    assert (
        redeem(handshake=handshake(ticket_for().ticket)).model
        == Provider.objects.get(is_default=True).model_names[0]
    )


def test_a_model_taken_from_the_policy_after_the_mint_is_refused(demo):
    issued = ticket_for(session={"type": "realtime", "model": "gpt-realtime"})
    edit_role("customer_support", model_names=["gpt-realtime-2"])
    assert refused(handshake(issued.ticket)).code == "model_not_found"


def test_limits_are_those_of_the_policy_in_force_at_the_start(demo):
    issued = ticket_for()
    edit_role("customer_support", max_session_seconds=30)
    redeem(handshake=handshake(issued.ticket))
    assert SessionBinding.objects.filter(end_by=F("started_at") + timedelta(seconds=30)).exists()
