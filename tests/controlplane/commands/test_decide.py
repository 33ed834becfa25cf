from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from controlplane.models import PolicyVersion
from controlplane.operations.locks import raise_lock
from tests.people import TESTER


@pytest.fixture
def decide(demo, capsys):
    def ask(user, role, tool, arguments="{}"):
        call_command("decide", "--user", user, "--role", role, "--tool", tool, "--args", arguments, "--json")
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
