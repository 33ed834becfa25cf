"""A draft against the calls on record."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audit import log
from audit.actors import Actor
from controlplane import drafted
from controlplane.models import ToolGrant, User
from controlplane.operations.admission import redeem
from controlplane.operations.locks import lift_lock, raise_lock
from controlplane.operations.policy import publish_policy
from controlplane.operations.replays import replay_since
from controlplane.replays import BATCH, Standing
from controlplane.replays import decided as calls_on_record
from guard.core.approval import digest_of
from tests.controlplane.deciding import decided, draft
from tests.people import TESTER, handshake, ticket_for

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def _demo(demo):
    pass


def report(content=None, since=timedelta(days=7), **more):
    snapshot = drafted.from_content(content if content is not None else draft())
    return replay_since(actor=TESTER, draft=snapshot, since=timezone.now() - since, **more)


def judged(content=None):
    """The one call on record."""
    snapshot = drafted.from_content(content if content is not None else draft())
    found = replay_since(actor=TESTER, draft=snapshot, since=timezone.now() - timedelta(days=1)).calls
    assert found.counts.total() == 1
    return found


def edit(tool, **values):
    ToolGrant.objects.filter(role__name="customer_support", tool__name=tool).update(**values)
    publish_policy(actor=TESTER)


def test_under_the_policy_of_then_nothing_changes():
    decided("list_recent_orders", '{"limit": 30}')
    decided("refund_order", '{"order_id": "7"}', call_id="call_2")
    decided("list_recent_orders", "{nonsense", call_id="call_3")
    found = report().calls
    assert found.counts == {Standing.SAME: 3}
    assert found.changes == []


def test_a_grant_that_is_taken_away_denies():
    decided("list_recent_orders", '{"limit": 3}')
    (call,) = judged(draft(list_recent_orders=None)).changes
    assert (call.before, call.after) == (("allow", "grant:list_recent_orders"), ("deny", "default_deny"))
    assert (call.user, call.role, call.tool, call.call_id) == (
        "alice",
        "customer_support",
        "list_recent_orders",
        "call_1",
    )
    assert call.standing is Standing.CHANGED


def test_a_grant_that_is_given_allows():
    decided("refund_order", '{"order_id": "7"}')
    (call,) = judged(draft(refund_order={"rules": {}})).changes
    assert (call.before[0], call.after[0]) == ("deny", "allow")


def test_other_arguments_are_a_change_though_the_rule_is_the_same():
    decided("list_recent_orders", '{"limit": 30}')
    (call,) = judged(draft(list_recent_orders={"rules": {"limit": {"at_most": 10}}})).changes
    assert call.before == call.after == ("constrain", "argument:limit:at_most")
    assert call.why == "other arguments"


def test_what_the_draft_does_not_touch_is_the_same_although_it_could_not_be_replayed_for_sure():
    edit("create_support_ticket", condition="args.issue != 'none'")
    decided("create_support_ticket", json.dumps({"account_id": "a", "issue": f"card {CARD}"}))
    assert judged(draft(list_recent_orders=None)).counts == {Standing.SAME: 1}


def test_a_condition_on_what_was_hidden_is_uncertain_and_says_so():
    decided("create_support_ticket", json.dumps({"account_id": "a", "issue": f"card {CARD}"}))
    found = judged(draft(create_support_ticket={"condition": "args.issue == 'none'"}))
    (call,) = found.changes
    assert (call.standing, call.after) == (Standing.UNCERTAIN, ("deny", "condition"))
    assert found.doubts == {"the condition may depend on a hidden value": 1}


def test_the_user_s_own_hidden_value_is_recognised_although_it_has_changed_since():
    User.objects.filter(username="alice").update(attributes={"mail": "alice@example.com"})
    decided("create_support_ticket", json.dumps({"account_id": "a", "issue": "alice@example.com"}))
    User.objects.filter(username="alice").update(attributes={"mail": "new@example.com"})
    owned = {"rules": {"issue": {"owned": "mail"}}}
    assert judged(draft(create_support_ticket=owned)).counts == {Standing.SAME: 1}


def test_who_is_gone_is_replayed_from_the_record():
    decided("get_account_status", '{"account_id": "acct_42"}')
    User.objects.filter(username="alice").update(username="alice_gone", attributes={})
    assert judged(draft(get_account_status={"per_turn": 5})).counts == {Standing.SAME: 1}


def test_a_call_that_waited_for_consent_counts_once_with_its_last_decision():
    edit("list_recent_orders", approver="supervisor")
    decided("list_recent_orders", '{"limit": 3}')
    decided("list_recent_orders", '{"limit": 3}', approved=digest_of("list_recent_orders", {"limit": 3}))
    found = judged(draft(list_recent_orders={"per_turn": 9}))
    assert found.counts == {Standing.SAME: 1}


def test_a_call_that_took_the_id_of_another_does_not_hide_it():
    decided("list_recent_orders", '{"limit": 3}')
    twin = decided("list_recent_orders", '{"limit": 4}', call_id="call_2")
    fields = {**twin.fields, "call_id": "call_1", "considered": ["duplicate_call_id"]}
    log.record(
        "tool.decided",
        actor=Actor("session", twin.session_id, "alice"),
        subject="call_1",
        session_id=twin.session_id,
        role=twin.role,
        outcome="deny",
        rule="duplicate_call_id",
        policy_version=twin.policy_version,
        fields=fields,
    )
    assert len(list(calls_on_record(timezone.now() - timedelta(hours=1)))) == 3
    assert report().calls.counts == {Standing.SAME: 3}


@pytest.mark.parametrize("rule", ["approval", "out_of_band", "arguments_mismatch"])
def test_what_the_session_itself_denied_is_nobody_s_to_foretell(rule):
    """Nobody agreed in time, say: recorded with the facts of the first decision, which alone would ask again."""
    edit("list_recent_orders", approver="supervisor")
    decided("list_recent_orders", '{"limit": 3}', denied=rule)
    assert judged().counts == {Standing.SAME: 1}
    [call] = judged(draft(list_recent_orders={"approver": "supervisor", "per_turn": 9})).listed
    assert (call.standing, call.why) == (Standing.UNCERTAIN, f"the session itself denied the call: {rule}")
    assert call.after == ("require_approval", "approval")


def test_what_a_version_does_not_reproduce_is_not_the_draft_s_doing():
    decided("list_recent_orders", '{"limit": 3}')
    edit("list_recent_orders", per_turn=1)
    row = decided("list_recent_orders", '{"limit": 3}', call_id="call_2", fields={"inputs": None})
    assert row.fields["replayable"] is True
    forged = decided(
        "refund_order", '{"order_id": "7"}', call_id="call_3", fields={"tool": "list_recent_orders"}
    )
    found = report(draft(list_recent_orders=None)).calls
    assert found.counts == {Standing.CHANGED: 1, Standing.UNCERTAIN: 1, Standing.NOT_REPRODUCIBLE: 1}
    assert [call.call_id for call in found.changes] == ["call_1"]
    assert forged.subject in [call.call_id for call in found.listed]


def test_a_lock_of_then_or_of_now_is_not_the_draft_s_doing():
    lock = raise_lock(actor=TESTER, kind="tool", target="list_recent_orders", reason="incident")
    decided("list_recent_orders", '{"limit": 3}')
    lift_lock(actor=TESTER, lock=lock, reason="over")
    raise_lock(actor=TESTER, kind="tool", target="get_account_status", reason="incident")
    assert judged(draft(list_recent_orders={"per_turn": 9})).counts == {Standing.SAME: 1}


def test_a_role_that_the_draft_does_not_know_may_do_nothing():
    decided("list_recent_orders", '{"limit": 3}', user="bob", role="analyst")
    content = draft()
    del content["roles"]["analyst"]
    (call,) = judged(content).changes
    assert call.after == ("deny", "default_deny")


def test_old_calls_are_left_alone_and_a_limit_is_told():
    decided("list_recent_orders", '{"limit": 3}')
    assert report(since=timedelta(0)).calls.counts.total() == 0
    decided("list_recent_orders", '{"limit": 3}', call_id="call_2")
    cut, whole = report(limit=1), report(limit=2)
    assert (cut.calls.counts.total(), cut.is_cut) == (1, True)
    assert (whole.calls.counts.total(), whole.is_cut) == (2, False)


def test_more_calls_than_one_batch_come_in_the_order_of_the_log(monkeypatch):
    monkeypatch.setattr("controlplane.replays.BATCH", 2)
    for number in range(5):
        decided("list_recent_orders", '{"limit": 3}', call_id=f"call_{number}")
    found = [row.subject for row in calls_on_record(timezone.now() - timedelta(hours=1))]
    assert found == [f"call_{number}" for number in range(5)]
    assert BATCH > 2


def test_reading_the_log_for_it_is_on_record(records):
    report()
    (record,) = records("audit.read")
    assert record.fields["view"] == "replay"
    assert record.actor_label == TESTER.label


def test_live_sessions_that_would_differ_are_named():
    binding = redeem(handshake=handshake(ticket_for("alice").ticket)).binding
    redeem(handshake=handshake(ticket_for("bob").ticket))
    (session,) = report(draft(list_recent_orders=None)).sessions
    assert (session.session_id, session.user, session.parts) == (str(binding.pk), "alice", ("grants",))
    assert report().sessions == ()


def test_patterns_limits_and_roles_concern_live_sessions_too():
    redeem(handshake=handshake(ticket_for("alice").ticket))
    content = draft()
    content["roles"]["customer_support"]["idle_seconds"] = 9
    content["patterns"] = [row for row in content["patterns"] if row["rule"]["name"] != "ssn"]
    assert report(content).sessions[0].parts == ("patterns", "limits")
    del content["roles"]["customer_support"]
    assert report(content).sessions[0].parts == ("role",)
