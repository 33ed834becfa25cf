from __future__ import annotations

import pytest

from controlplane import compile
from controlplane.models import PolicyVersion, Provider, RedactionPattern, Role, ToolGrant, User
from controlplane.operations.locks import raise_lock
from controlplane.operations.policy import publish_policy
from guard.core.decide import decide
from guard.core.policy import AudioPolicy, CallState, Decision, ToolCall
from guard.core.redact import Direction
from tests.people import TESTER, edit_role, user

CARD = "my card is 4111 1111 1111 1111"


def policy(name="alice", role="customer_support"):
    return compile.policy_for(user(name), role)


def decision(tool, arguments="{}", **who):
    return decide(ToolCall("c", tool, arguments), policy(**who), CallState()).decision


def test_without_a_published_policy_nothing_is_in_force(db):
    with pytest.raises(compile.NotInForce, match="no policy has been published"):
        compile.in_force()


def test_a_policy_names_its_version_its_principal_and_its_limits(demo):
    edit_role(
        "customer_support", max_session_seconds=77, idle_seconds=33, max_output_tokens=99, audio="text_only"
    )
    found = policy()
    version = PolicyVersion.objects.latest()
    assert (found.version, found.digest) == (version.number, version.digest)
    assert (found.principal.name, found.principal.role) == ("alice", "customer_support")
    assert found.principal.id == str(user("alice").public_id)
    assert found.principal.attributes == {"account_id": "acct_42"}
    assert (found.limits.max_seconds, found.limits.idle_seconds) == (77, 33)
    assert found.max_output_tokens == 99
    assert found.audio is AudioPolicy.TEXT_ONLY


def test_the_seed_article_example_is_decided_as_the_article_says(demo):
    assert decision("list_recent_orders", '{"account_id": "acct_42", "limit": 3}') is Decision.ALLOW
    assert decision("refund_order", '{"order_id": "7"}') is Decision.DENY
    assert decision("refund_order", '{"order_id": "7"}', name="carol", role="admin") is Decision.ALLOW
    assert (
        decision("delete_account", '{"account_id": "acct_42"}', name="bob", role="analyst") is Decision.DENY
    )


def test_hidden_fields_come_with_the_grant(demo):
    assert policy().grants["get_account_status"].hidden_fields == {
        "internal_cost",
        "margin",
        "partner_discount",
    }
    assert policy("bob", "analyst").grants["get_account_status"].hidden_fields == frozenset()


def test_constraints_come_before_the_task(demo):
    edit_role("analyst", constraints="FIRST", instructions="THEN")
    assert policy("bob", "analyst").instructions == "FIRST\n\nTHEN"
    edit_role("analyst", constraints="", instructions="ALONE")
    assert policy("bob", "analyst").instructions == "ALONE"


def test_patterns_apply_in_their_direction(demo):
    found = policy()
    assert "4111" not in found.to_client.whole(CARD).text
    assert "4111" not in found.to_model.whole(CARD).text
    assert "bob@example.com" not in found.to_client.whole("ask bob@example.com please").text
    assert "bob@example.com" in found.to_model.whole("ask bob@example.com please").text


def test_a_pattern_for_some_roles_leaves_the_others_alone(demo):
    RedactionPattern.objects.get(name="ssn").roles.set(Role.objects.filter(name="analyst"))
    publish_policy(actor=TESTER)
    assert "123-45-6789" in policy().to_client.whole("it is 123-45-6789").text
    assert "123-45-6789" not in policy("bob", "analyst").to_client.whole("it is 123-45-6789").text


def test_rows_that_are_not_published_decide_nothing(demo):
    ToolGrant.objects.filter(role__name="customer_support").delete()
    assert decision("list_recent_orders") is Decision.ALLOW
    publish_policy(actor=TESTER)
    assert decision("list_recent_orders") is Decision.DENY


def test_a_locked_tool_is_locked_without_a_new_version(demo):
    before = compile.in_force().number
    raise_lock(actor=TESTER, kind="tool", target="list_recent_orders", reason="misuse")
    assert policy().locked_tools == {"list_recent_orders"}
    assert decision("list_recent_orders") is Decision.DENY
    assert compile.in_force().number == before


def test_models_come_from_the_role_else_from_its_provider(demo):
    assert policy().models == tuple(Provider.objects.get(is_default=True).model_names)
    edit_role("customer_support", model_names=["gpt-realtime-mini"])
    assert policy().models == ("gpt-realtime-mini",)


def test_a_role_goes_to_its_own_provider_else_to_the_default(demo):
    other = Provider.objects.create(name="other", url="wss://other.example/v1", model_names=["m"])
    snapshot = compile.in_force()
    assert snapshot.provider_of(snapshot.role("analyst")) == "sandbox"
    edit_role("analyst", provider=other)
    snapshot = compile.in_force()
    assert snapshot.provider_of(snapshot.role("analyst")) == "other"
    assert policy("bob", "analyst").models == ("m",)


def test_a_role_without_any_provider_is_not_in_force(demo):
    Provider.objects.update(is_default=False)
    publish_policy(actor=TESTER)
    with pytest.raises(compile.NotInForce, match="no provider"):
        policy()


def test_an_unknown_role_is_not_in_force(demo):
    with pytest.raises(compile.NotInForce, match="no role"):
        policy(role="customer")


def test_sessions_of_one_role_share_one_redactor(demo):
    User.objects.create(username="eve")
    snapshot = compile.in_force()
    one = compile.redactor(snapshot, "customer_support", Direction.TO_CLIENT)
    assert policy().to_client is one
    assert policy("eve").to_client is one


def test_attributes_are_read_now_and_not_from_the_version(demo):
    User.objects.filter(username="alice").update(attributes={"account_id": "acct_43"})
    assert policy().principal.attributes == {"account_id": "acct_43"}
