from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit import log
from controlplane import tickets
from controlplane.models import PolicyVersion, Provider, Role, SessionBinding, User
from controlplane.operations import tickets as operation
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy
from guard.core.closing import EndReason
from guard.ports import Refused
from tests.people import TESTER, edit_role, ticket_for, user


def refused(*args, **wish):
    with pytest.raises(Refused) as refusal:
        ticket_for(*args, **wish)
    assert not SessionBinding.objects.exists()
    return refusal.value


def test_a_ticket_is_bound_to_who_what_where_and_when(demo):
    issued = ticket_for("alice", origin="http://localhost:8000")
    binding = SessionBinding.objects.get()
    assert binding.state == "pending"
    assert (binding.user.username, binding.role.name) == ("alice", "customer_support")
    assert binding.provider.is_default
    assert binding.model == binding.provider.model_names[0]
    assert binding.origin == "http://localhost:8000"
    assert binding.policy_version == PolicyVersion.objects.latest().number
    assert binding.start_by - binding.created_at == timedelta(seconds=60)
    assert bytes(binding.ticket_digest) == tickets.digest(issued.ticket)


def test_the_ticket_itself_is_stored_nowhere(demo, records):
    issued = ticket_for()
    secret = issued.ticket.removeprefix("ek_")
    row = SessionBinding.objects.values().get()
    assert secret not in repr(row)
    assert secret not in repr([vars(record) for record in records()])
    assert secret not in repr(issued)


def test_the_issue_is_on_record(demo, records):
    issued = ticket_for(
        session={"type": "realtime", "tools": [{"type": "function", "name": "delete_account"}]}
    )
    (record,) = records("ticket.issued")
    assert record.session_id == str(issued.binding.pk)
    assert record.role == "customer_support"
    assert record.policy_version == issued.policy.version
    assert record.fields["username"] == "alice"
    assert record.fields["narrowed"] == ["session.tools[0]"]


def test_a_ticket_that_cannot_be_recorded_is_not_issued(demo, monkeypatch):
    def full(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(log, "record", full)
    with pytest.raises(OSError, match="disk full"):
        ticket_for()
    assert not SessionBinding.objects.exists()


@pytest.mark.parametrize(
    ("role_seconds", "asked", "granted"),
    [(60, None, 60), (60, 20, 20), (60, 600, 60), (60, 1, 10), (7200, 7200, 7200), (7200, 9999, 7200)],
)
def test_the_life_of_a_ticket_is_clamped_to_the_role(demo, role_seconds, asked, granted):
    edit_role("customer_support", ticket_seconds=role_seconds)
    binding = ticket_for(seconds=asked).binding
    assert binding.start_by - binding.created_at == timedelta(seconds=granted)


def test_several_roles_and_none_named_is_a_question_that_names_the_header(demo):
    user("alice").roles.add(Role.objects.get(name="analyst"))
    refusal = refused("alice")
    assert refusal.reason is EndReason.BAD_FRAME
    assert refusal.param == "Sallyport-Role"
    assert "Sallyport-Role" in refusal.message
    assert ticket_for("alice", role="analyst").binding.role.name == "analyst"


@pytest.mark.parametrize("role", ["admin", "no_such_role"])
def test_a_role_that_the_user_does_not_have_is_refused(demo, role):
    refusal = refused("alice", role=role)
    assert (refusal.reason, refusal.code) == (EndReason.NOT_ALLOWED, "role_not_allowed")


def test_a_user_without_roles_is_refused(demo):
    assert refused("dana").code == "role_not_allowed"


def test_a_retired_role_counts_for_nothing(demo):
    Role.objects.filter(name="customer_support").update(retired_at=timezone.now())
    assert refused("alice").code == "role_not_allowed"
    assert refused("alice", role="customer_support").code == "role_not_allowed"


def test_a_disabled_user_is_refused(demo):
    User.objects.filter(username="alice").update(is_active=False)
    assert refused("alice").code == "user_not_allowed"


@pytest.mark.parametrize(
    ("kind", "target"),
    [("user", "alice"), ("role", "customer_support"), ("provider", "sandbox"), ("everything", "")],
)
def test_a_lock_refuses_new_tickets(demo, kind, target):
    raise_lock(actor=TESTER, kind=kind, target=target, reason="incident")
    refusal = refused("alice")
    assert (refusal.reason, refusal.code) == (EndReason.LOCKED, "locked")


def test_a_lock_on_somebody_else_refuses_nobody_else(demo):
    raise_lock(actor=TESTER, kind="user", target="bob", reason="incident")
    assert ticket_for("alice")


def test_a_named_model_must_be_one_of_the_policy(demo):
    refusal = refused(session={"type": "realtime", "model": "gpt-image-9"})
    assert (refusal.code, refusal.param) == ("model_not_found", "session.model")
    assert "gpt-image-9" not in refusal.message
    assert (
        ticket_for(session={"type": "realtime", "model": "gpt-realtime-mini"}).binding.model
        == "gpt-realtime-mini"
    )


def test_a_role_without_models_is_refused(demo):
    Provider.objects.filter(is_default=True).update(model_names=[])
    publish_policy(actor=TESTER)
    assert refused().code == "model_not_found"


def test_without_a_provider_the_role_is_not_available(demo):
    Provider.objects.update(retired_at=timezone.now())
    publish_policy(actor=TESTER)
    assert refused().code == "role_not_available"


def test_a_provider_retired_but_not_yet_published_is_not_used(demo):
    Provider.objects.update(retired_at=timezone.now())
    assert refused().code == "role_not_available"


def test_another_type_of_session_is_refused_with_its_field(demo):
    refusal = refused(session={"type": "transcription"})
    assert refusal.param == "session.type"


def test_what_the_binding_keeps_holds_none_of_the_policys_words(demo):
    edit_role("customer_support", accepts_client_instructions=True, constraints="HOUSE RULES")
    issued = ticket_for(
        session={"type": "realtime", "instructions": "Speak French.", "model": "gpt-realtime"}
    )
    kept = SessionBinding.objects.get().session
    assert kept["instructions"] == "Speak French."
    assert kept["model"] == "gpt-realtime"
    assert "HOUSE RULES" not in repr(kept)
    assert issued.policy.instructions.startswith("HOUSE RULES")


def test_instructions_that_the_role_does_not_take_are_not_kept(demo):
    ticket_for(session={"type": "realtime", "instructions": "Obey me."})
    assert "instructions" not in SessionBinding.objects.get().session


def test_a_browsers_network_is_bound_when_the_role_says_so(demo):
    assert ticket_for("alice", address="203.0.113.7").binding.ip_prefix == ""
    edit_role("customer_support", binds_address=True)
    assert ticket_for("alice", address="203.0.113.7").binding.ip_prefix == "203.0.113.0/24"


def test_refusals_are_recorded_with_what_was_asked(demo, records):
    operation.record_refusal(
        actor=TESTER,
        refused=Refused(EndReason.NOT_ALLOWED, "No.", "role_not_allowed", "Sallyport-Role"),
        wanted={"username": "alice", "requested_role": "admin"},
        source_ip="203.0.113.7",
    )
    (record,) = records("mint.refused")
    assert (record.rule, record.role, record.source_ip) == ("role_not_allowed", "admin", "203.0.113.7")
    assert record.fields["username"] == "alice"
