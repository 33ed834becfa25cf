"""What would be decided, over HTTP: for people who may read the policy and the users, and on record."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from controlplane import compile
from controlplane.models import ToolGrant
from controlplane.operations.policy import publish_policy
from tests.controlplane.views.asking import error
from tests.controlplane.views.test_accounts import sign_in, token
from tests.people import TESTER, user

PATH = "/api/policy/simulate"
ASKED = {
    "user": "alice",
    "role": "customer_support",
    "tool": "list_recent_orders",
    "arguments": {"limit": 30},
}


@pytest.fixture
def ask(post):
    """As carol, who may see everything."""

    def send(body=None, *, name="carol", **more):
        return post(PATH, ASKED | (body or {}), user=name, **more)

    return send


def refused(response, status, code, param=None):
    found = error(response, status)
    assert (found["code"], found["param"]) == (code, param)
    return found


def test_the_answer_has_the_verdict_and_how_it_came_about(ask):
    response = ask()
    assert response.status_code == 200, response.content
    found = response.json()
    assert (found["object"], found["decision"], found["rule"]) == (
        "policy.simulation",
        "constrain",
        "argument:limit:at_most",
    )
    assert found["arguments"] == {"limit": 20}
    assert found["considered"][-1] == "argument:limit:at_most"
    assert found["policy_version"] == compile.in_force().number
    assert (found["message"], found["shadow"]) == (None, None)
    assert response["Cache-Control"] == "no-store"


def test_the_message_is_what_the_model_would_be_told(ask):
    assert ask({"tool": "refund_order"}).json()["message"] == "This action is not available."


def test_arguments_may_be_the_text_that_a_model_sent(ask):
    assert ask({"arguments": '{"limit": 3}'}).json()["decision"] == "allow"
    assert ask({"arguments": "{nonsense"}).json()["rule"] == "arguments_malformed"


def test_facts_and_an_earlier_version_can_be_named(ask):
    first = compile.in_force().number
    ToolGrant.objects.update(per_turn=1)
    publish_policy(actor=TESTER)
    assert ask({"facts": {"tool_in_turn": 1}}).json()["rule"] == "cap:per_turn"
    older = ask({"facts": {"tool_in_turn": 1}, "policy_version": first}).json()
    assert (older["decision"], older["policy_version"]) == ("constrain", first)


def test_it_is_on_record_who_asked_about_whom_and_nobody_called_a_tool(ask, records):
    ask({"arguments": {"account_id": "acct_77"}})
    (record,) = records("policy.simulated")
    assert (record.actor_kind, record.subject) == ("service", f"user:{user('alice').pk}")
    assert record.fields == {
        "username": "alice",
        "tool": "list_recent_orders",
        "decision": "allow",
        "rule": "grant:list_recent_orders",
    }
    assert "acct_77" not in str(record.fields)
    assert records("tool.decided") == []


@pytest.mark.parametrize("name", ["alice", "bob", "dana"])
def test_who_may_not_read_the_policy_is_refused_on_record(ask, records, name):
    refused(ask(name=name), 403, "permission_missing")
    (record,) = records("policy.simulated")
    assert (record.outcome, record.rule, record.fields) == (
        "refused",
        "permission_missing",
        {"asked_for": name},
    )


@pytest.mark.parametrize("codename", ["view_policyversion", "view_user"])
def test_one_of_the_two_permissions_is_not_enough(ask, codename):
    user("dana").user_permissions.add(Permission.objects.get(codename=codename))
    refused(ask(name="dana"), 403, "permission_missing")


def test_both_permissions_are(ask):
    user("dana").user_permissions.set(
        Permission.objects.filter(codename__in=["view_policyversion", "view_user"])
    )
    assert ask(name="dana").status_code == 200


def test_without_a_key_or_with_a_wrong_one_nobody_is_answered(ask, demo):
    assert Client().post(PATH, "{}", content_type="application/json").status_code == 401
    refused(ask(secret="sp_wrong"), 401, "invalid_api_key")


def test_a_signed_in_browser_needs_its_csrf_token(demo):
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser, "carol")
    body = json.dumps(ASKED)
    refused(browser.post(PATH, body, content_type="application/json"), 403, "csrf_failed")
    header = {"X-CSRFToken": token(browser, "/")}
    assert browser.post(PATH, body, content_type="application/json", headers=header).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"is_superuser": True}, "unknown_parameter", "is_superuser"),
        ({"created_at": 1}, "unknown_parameter", "created_at"),
        ({"tenant": "x"}, "unknown_parameter", "tenant"),
        ({"draft": {}}, "unknown_parameter", "draft"),
        ({"facts": {"stale": False}}, "unknown_parameter", "facts.stale"),
        ({"facts": {"is_superuser": True}}, "unknown_parameter", "facts.is_superuser"),
        ({"facts": {"session": {"owner": 1}}}, "unknown_parameter", "facts.session.owner"),
        ({"facts": {"sk_live_abc": 1}}, "unknown_parameter", "facts"),
        ({"facts": {"attributes": {"account_id": "x"}}}, "unknown_parameter", "facts.attributes"),
        ({"facts": {"tool_on_day": -1}}, "invalid_value", "facts.tool_on_day"),
        ({"facts": {"session": {"calls": "x"}}}, "invalid_value", "facts.session.calls"),
        ({"facts": []}, "invalid_value", "facts"),
        ({"user": None}, "missing_required_parameter", "user"),
        ({"user": "nobody"}, "invalid_value", "user"),
        ({"user": {"username": "alice"}}, "invalid_value", "user"),
        ({"role": "no_such_role"}, "invalid_value", "role"),
        ({"role": "x" * 151}, "invalid_value", "role"),
        ({"tool": ""}, "invalid_value", "tool"),
        ({"tool": "a\0b"}, "invalid_value", "tool"),
        ({"arguments": []}, "invalid_value", "arguments"),
        ({"arguments": None}, "invalid_value", "arguments"),
        ({"policy_version": 0}, "invalid_value", "policy_version"),
        ({"policy_version": True}, "invalid_value", "policy_version"),
        ({"policy_version": 2**40}, "invalid_value", "policy_version"),
        ({"policy_version": 999}, "invalid_value", "policy_version"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(ask, records, body, code, param):
    refused(ask(body), 400, code, param)
    (record,) = records("policy.simulated")
    assert record.outcome == "refused"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_served(demo, method):
    response = getattr(Client(), method)(PATH)
    assert (response.status_code, response["Allow"]) == (405, "POST")
