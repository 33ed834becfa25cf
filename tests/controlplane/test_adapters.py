from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet

from audit.verbs import UnknownVerb
from controlplane.adapters import DatabaseAuditLog
from controlplane.database import Database
from controlplane.models import Provider, SessionBinding
from controlplane.operations import sessions
from controlplane.operations.locks import raise_lock
from controlplane.operations.people import disable_user
from guard.core.closing import EndReason
from guard.core.commands import Record
from guard.ports import Refused, Unavailable
from tests.people import TESTER, edit_role, handshake, ticket_for, user


@pytest.fixture
def audit(executor):
    return DatabaseAuditLog(Database(executor))


def admit(control, ticket=None, **said):
    ticket = ticket or ticket_for().ticket
    return asyncio.run(control.admit(handshake(ticket, **said)))


def refusal(awaitable):
    with pytest.raises(Refused) as refused:
        asyncio.run(awaitable)
    return refused.value


# -- admit


def test_admission_brings_all_that_the_relay_needs(demo, control):
    provider = Provider.objects.get(is_default=True)
    provider.set_api_key("sk-provider-secret-0123456789")
    provider.save()
    issued = ticket_for(session={"type": "realtime", "output_modalities": ["text"]})
    admission = admit(control, issued.ticket)
    assert admission.session_id == str(issued.binding.pk)
    assert admission.policy.principal.name == "alice"
    assert admission.model == issued.binding.model
    assert admission.session["output_modalities"] == ["text"]
    assert 1790 < admission.seconds_left <= 1800
    assert admission.provider.url == provider.url
    assert admission.provider.headers == {"Authorization": "Bearer sk-provider-secret-0123456789"}
    assert "sk-provider-secret" not in repr(admission)


def test_the_key_goes_into_the_header_that_the_provider_expects(demo, control):
    provider = Provider.objects.get(is_default=True)
    provider.auth_header = "api-key"
    provider.set_api_key("azure-secret-0123456789")
    provider.save()
    assert admit(control).provider.headers == {"api-key": "azure-secret-0123456789"}


def test_a_provider_without_key_is_dialled_without_one(demo, control):
    assert admit(control).provider.headers == {}


def test_a_key_that_cannot_be_decrypted_admits_nobody_and_uses_up_no_ticket(demo, control, settings):
    provider = Provider.objects.get(is_default=True)
    provider.set_api_key("sk-provider-secret-0123456789")
    provider.save()
    issued = ticket_for()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Unavailable, match="ENCRYPTION_KEYS"):
        admit(control, issued.ticket)
    assert SessionBinding.objects.get().state == "pending"


def test_a_refused_ticket_is_on_record(demo, control, records):
    assert refusal(control.admit(handshake("ek_unknown"))).reason is EndReason.UNAUTHENTICATED
    assert len(records("ticket.refused")) == 1


# -- policy


def test_an_edit_shows_at_the_next_look(demo, control):
    session = admit(control).session_id
    edit_role("customer_support", idle_seconds=7)
    assert asyncio.run(control.policy(session)).limits.idle_seconds == 7


def lock(binding):
    raise_lock(actor=TESTER, kind="session", target=str(binding.pk), reason="incident")


def ended(reason):
    def end(binding):
        sessions.end_session(actor=TESTER, session_id=binding.pk, reason=reason)

    return end


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda binding: disable_user(actor=TESTER, user=binding.user, reason="left"), EndReason.REVOKED),
        (lambda binding: binding.user.roles.clear(), EndReason.REVOKED),
        (lock, EndReason.LOCKED),
        (ended(EndReason.REVOKED), EndReason.REVOKED),
        (ended(EndReason.EXPIRED), EndReason.EXPIRED),
        (ended(EndReason.NODE_LOST), EndReason.REVOKED),
    ],
)
def test_a_session_that_may_not_go_on_is_told_so_at_the_next_look(demo, control, change, reason):
    session = admit(control).session_id
    change(SessionBinding.objects.get(pk=session))
    assert refusal(control.policy(session)).reason is reason


# -- end, epoch


def test_the_first_end_wins_and_is_the_sessions_own(demo, control, records):
    session = admit(control).session_id
    facts = {"tools_allowed": 1, "tools_denied": 2, "usage": {}, "close_code": 1000, "message": ""}
    assert asyncio.run(control.end(session, EndReason.CLIENT_LEFT, facts)) is True
    assert asyncio.run(control.end(session, EndReason.EXPIRED, facts)) is False
    (record,) = records("session.ended")
    assert (record.actor_kind, record.actor_id, record.actor_label) == ("session", session, "alice")
    assert record.outcome == "client_left"
    assert SessionBinding.objects.get().tools_denied == 2


def test_what_a_session_counted_is_kept_also_when_somebody_else_ended_it(demo, control, records):
    session = admit(control).session_id
    sessions.end_session(actor=TESTER, session_id=session, reason=EndReason.REVOKED)
    assert (
        asyncio.run(
            control.end(session, EndReason.REVOKED, {"tools_denied": 2, "usage": {"total_tokens": 9}})
        )
        is False
    )
    binding = SessionBinding.objects.get()
    assert (binding.tools_denied, binding.usage) == (2, {"total_tokens": 9})
    assert len(records("session.ended")) == 1


def test_the_session_is_released_when_its_connections_are_closed_whoever_has_ended_it(demo, control):
    first, second = admit(control).session_id, admit(control).session_id
    sessions.end_session(actor=TESTER, session_id=second, reason=EndReason.REVOKED)
    assert set(SessionBinding.objects.values_list("released_at", flat=True)) == {None}
    asyncio.run(control.end(first, EndReason.CLIENT_LEFT, {}))
    asyncio.run(control.end(second, EndReason.REVOKED, {}))
    assert None not in SessionBinding.objects.values_list("released_at", flat=True)


# -- audit


def test_records_of_a_session_name_its_user_and_role(demo, control, audit, records):
    session = admit(control).session_id
    fields = {"tool": "refund_order", "decision": "deny"}
    denied = Record("tool.decided", "call_1", "deny", "default_deny", "no grant", 3, fields)
    asyncio.run(audit.append(session, [denied, Record("redaction.hit", "item_1")]))
    (record,) = records("tool.decided")
    assert (record.session_id, record.actor_label, record.role) == (session, "alice", "customer_support")
    assert (record.subject, record.outcome, record.rule, record.policy_version) == (
        "call_1",
        "deny",
        "default_deny",
        3,
    )
    assert record.fields == fields
    assert len(records("redaction.hit")) == 1


def test_a_refusal_before_any_session_is_recorded_for_a_stranger(demo, audit, records):
    asyncio.run(audit.append("", [Record("session.refused", outcome="refused", rule="key_in_query")]))
    (record,) = records("session.refused")
    assert (record.session_id, record.actor_label) == ("", "unknown client")


def test_a_batch_is_written_whole_or_not_at_all(demo, control, audit, records):
    session = admit(control).session_id
    with pytest.raises(UnknownVerb):
        asyncio.run(audit.append(session, [Record("redaction.hit"), Record("no.such_verb")]))
    assert not records("redaction.hit")


def test_the_audit_vocabulary_says_what_must_be_durable(audit):
    assert audit.is_durable("tool.decided") is True
    assert audit.is_durable("redaction.hit") is False


def test_sessions_of_different_users_do_not_mix(demo, control):
    admit(control, ticket_for("bob").ticket)
    session = admit(control).session_id
    assert asyncio.run(control.policy(session)).principal.id == str(user("alice").public_id)
