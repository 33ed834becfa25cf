from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from controlplane import files
from controlplane.models import PolicyVersion, Role, ToolGrant
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy
from tests.controlplane.deciding import draft
from tests.people import TESTER


@pytest.fixture
def decide(demo, capsys):
    def ask(user, role, tool, arguments="{}", *options):
        named = ("--user", user, "--role", role, "--tool", tool, "--args", arguments)
        call_command("decide", *named, "--json", *options)
        return json.loads(capsys.readouterr().out)

    return ask


def test_the_shape_is_the_public_one(decide):
    found = decide("alice", "customer_support", "list_recent_orders", '{"account_id": "acct_42", "limit": 3}')
    assert set(found) == {"decision", "rule", "reason", "obligations", "arguments", "policy_version"}
    assert found["decision"] == "allow"
    assert found["arguments"] == {"account_id": "acct_42", "limit": 3}
    assert found["policy_version"] == PolicyVersion.objects.latest().number
    assert {"internal_cost", "margin", "partner_discount"} <= set(found["obligations"][0]["fields"])


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("refund_order", '{"order_id": "7"}'),
        ("no_such_tool", "{}"),
        ("list_recent_orders", '{"limit": "three"}'),
        ("list_recent_orders", '{"limit": 3, "limit": 4}'),
        ("list_recent_orders", '{"unknown": 1}'),
        ("list_recent_orders", "not json"),
    ],
)
def test_what_is_not_allowed_is_denied_with_rule_and_reason_and_no_arguments(decide, tool, arguments):
    found = decide("alice", "customer_support", tool, arguments)
    assert found["decision"] == "deny"
    assert found["rule"]
    assert found["reason"]
    assert found["arguments"] is None


def test_a_user_without_the_role_is_denied(decide):
    assert decide("alice", "admin", "refund_order", '{"order_id": "7"}')["rule"] == "role_not_assigned"


def test_a_locked_user_is_denied(decide):
    raise_lock(actor=TESTER, kind="user", target="alice", reason="incident")
    assert decide("alice", "customer_support", "list_recent_orders")["rule"] == "lock:user"


@pytest.mark.parametrize(("user", "role"), [("nobody", "admin"), ("alice", "nothing")])
def test_an_unknown_name_is_an_error(decide, user, role):
    with pytest.raises(CommandError, match="of this name"):
        decide(user, role, "refund_order")


def test_without_json_it_reads_as_sentences(demo, capsys):
    call_command("decide", "--user", "alice", "--role", "customer_support", "--tool", "refund_order")
    assert capsys.readouterr().out.startswith("deny: ")


@pytest.fixture
def edit():
    def change(**values):
        ToolGrant.objects.filter(role__name="customer_support").update(**values)
        publish_policy(actor=TESTER)

    return change


ORDERS = ("alice", "customer_support", "list_recent_orders", '{"limit": 3}')


@pytest.mark.parametrize(
    ("option", "grant", "rule"),
    [
        ("--tool-in-turn=1", {"per_turn": 1}, "cap:per_turn"),
        ("--tool-in-session=1", {"per_session": 1}, "cap:per_session"),
        ("--tool-on-day=1", {"per_day": 1}, "cap:per_day"),
        ("--calls-in-turn=25", {}, "calls_per_turn"),
        ('--session={"calls": 9}', {"condition": "session.calls < 9"}, "condition"),
        ("--now=2001-01-01T00:00:00Z", {"condition": "now > timestamp('2020-01-01T00:00:00Z')"}, "condition"),
    ],
)
def test_facts_can_be_assumed(decide, edit, option, grant, rule):
    edit(**grant)
    assert decide(*ORDERS)["decision"] == "allow"
    assert decide(*ORDERS, option)["rule"] == rule


def test_consent_and_an_engine_can_be_assumed(decide, edit):
    edit(approver="user")
    assert decide(*ORDERS)["decision"] == "require_approval"
    assert decide(*ORDERS, "--approved")["decision"] == "allow"
    Role.objects.update(engine_url="http://127.0.0.1:1/v1/data/x")
    publish_policy(actor=TESTER)
    assert decide(*ORDERS, "--approved")["rule"] == "engine"
    assert decide(*ORDERS, "--approved", "--engine=allow")["decision"] == "allow"


def test_another_version_or_a_draft_can_be_asked(decide, edit, tmp_path):
    first = PolicyVersion.objects.latest().number
    edit(per_turn=0)
    assert decide(*ORDERS)["decision"] == "deny"
    assert decide(*ORDERS, f"--policy-version={first}")["decision"] == "allow"
    path = tmp_path / "draft.yaml"
    path.write_text(files.written(draft(list_recent_orders={"per_turn": 5}), 1, "0" * 64))
    found = decide(*ORDERS, f"--draft={path}")
    assert (found["decision"], found["policy_version"]) == ("allow", 0)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--session={", "--session"),
        ('--session={"owner": 1}', "--session.owner"),
        ("--tool-on-day=-1", "--tool-on-day"),
        ("--now=noon", "--now"),
        ("--policy-version=99", "no policy 99"),
        ("--draft=/nowhere/draft.yaml", "cannot be read"),
    ],
)
def test_what_cannot_be_assumed_is_an_error(decide, option, said):
    with pytest.raises(CommandError, match=said):
        decide(*ORDERS, option)
