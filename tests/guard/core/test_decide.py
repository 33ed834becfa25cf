import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script import ORDERS, REFUND, policy

from guard.core.decide import NOT_ACCEPTED, NOT_AVAILABLE, decide
from guard.core.decision import Decision
from guard.core.policy import CallState, Grant, Obligation, ToolCall, Verdict
from guard.core.tools import Tool

FRESH = CallState()
GOOD = '{"account_id": "acct_1", "limit": 3}'


def call(name: str = "list_recent_orders", arguments: str = GOOD) -> ToolCall:
    return ToolCall("call_1", name, arguments)


def denial(verdict: Verdict) -> tuple[str, str]:
    assert verdict.decision is Decision.DENY
    assert verdict.arguments is None
    assert verdict.obligations == ()
    assert verdict.considered[-1] == verdict.rule
    return verdict.rule, verdict.message


def test_a_granted_call_with_good_arguments_is_allowed() -> None:
    verdict = decide(call(), policy(), FRESH)
    assert verdict.decision is Decision.ALLOW
    assert verdict.rule == "grant:list_recent_orders"
    assert verdict.arguments == {"account_id": "acct_1", "limit": 3}
    assert verdict.obligations == (Obligation("hide_fields", {"fields": ["margin"]}),)
    assert verdict.policy_version == 7
    assert verdict.considered == (
        "policy_stale",
        "tool_locked",
        "granted",
        "arguments_malformed",
        "schema",
        "argument_rules",
        "mcp_arguments",
        "calls_per_turn",
        "caps",
        "condition",
        "engine",
        "cap_of_the_day",
        "approval",
        "grant:list_recent_orders",
    )


def test_a_grant_that_hides_nothing_brings_no_obligation() -> None:
    assert decide(call(), policy(grants={ORDERS.name: Grant(ORDERS)}), FRESH).obligations == ()


@pytest.mark.parametrize(
    "name",
    [
        "refund_order",
        "",
        "List_Recent_Orders",
        "list_recent_orders ",
        "list_recent_\u043erders",
        "x" * 10_000,
    ],
)
def test_what_is_not_granted_is_denied(name: str) -> None:
    assert denial(decide(call(name), policy(), FRESH)) == ("default_deny", NOT_AVAILABLE)


def test_a_stale_policy_denies_what_it_would_allow() -> None:
    verdict = decide(call(), policy(), CallState(stale=True))
    assert denial(verdict) == ("policy_stale", NOT_AVAILABLE)
    assert verdict.considered == ("policy_stale",)


def test_a_locked_tool_is_denied_although_granted() -> None:
    locked = policy(locked_tools=frozenset({"list_recent_orders"}))
    assert denial(decide(call(), locked, FRESH)) == ("tool_locked", NOT_AVAILABLE)


def test_a_grant_filed_under_another_name_grants_nothing() -> None:
    mixed_up = policy(grants={"refund_order": Grant(ORDERS)})
    assert denial(decide(call("refund_order"), mixed_up, FRESH))[0] == "default_deny"


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "{",
        "[]",
        "null",
        '"{}"',
        '{"account_id":"a"} {}',
        '{"account_id":"a","account_id":"b"}',
        '{"account_id":"a","\\u0061ccount_id":"b"}',
        '{"account_id":"a","limit":NaN}',
        '{"account_id":"a","limit":99999999999999999999}',
        '{"account_id":"\\ud800"}',
        '{"account_id":' + "[" * 10_000,
        '{"account_id":"' + "a" * 300_000 + '"}',
    ],
    ids=range(13),
)
def test_arguments_that_can_be_read_in_two_ways_are_denied(arguments: str) -> None:
    assert denial(decide(call(arguments=arguments), policy(), FRESH)) == ("arguments_malformed", NOT_ACCEPTED)


@pytest.mark.parametrize("arguments", ["{}", '{"account_id":7}', '{"account_id":"a","hunter2":1}'])
def test_arguments_against_the_schema_are_denied(arguments: str) -> None:
    verdict = decide(call(arguments=arguments), policy(), FRESH)
    assert denial(verdict) == ("schema", NOT_ACCEPTED)
    assert "hunter2" not in verdict.reason


def test_a_fault_inside_a_rule_denies() -> None:
    broken = Tool("list_recent_orders", "", {"type": "object"})
    object.__setattr__(broken, "_compiled", None)
    verdict = decide(call(), policy(grants={broken.name: Grant(broken)}), FRESH)
    assert denial(verdict) == ("error", NOT_AVAILABLE)
    assert verdict.reason == "AttributeError in rule schema"
    assert verdict.considered == (
        "policy_stale",
        "tool_locked",
        "granted",
        "arguments_malformed",
        "schema",
        "error",
    )


def test_no_message_for_the_model_names_a_role_a_rule_or_a_tool() -> None:
    for message in (NOT_AVAILABLE, NOT_ACCEPTED):
        for word in ("customer_support", "role", "grant", "policy", "lock", "schema", "refund"):
            assert word not in message


BOTH = {ORDERS.name: Grant(ORDERS), REFUND.name: Grant(REFUND)}
names = st.sampled_from([ORDERS.name, REFUND.name, "delete_account"])
arguments = st.sampled_from([GOOD, "{}", '{"order_id":"7"}', '{"order_id":7}', "[]", "nonsense"])


@given(names, arguments, st.sets(names), st.sets(names), st.booleans(), names)
def test_taking_a_right_away_never_allows_more(
    name: str, text: str, granted: set[str], locked: set[str], stale: bool, removed: str
) -> None:
    def allowed(rights: dict[str, Any], locks: set[str]) -> bool:
        state = CallState(stale=stale)
        changed = policy(grants=rights, locked_tools=frozenset(locks))
        return decide(call(name, text), changed, state).decision is Decision.ALLOW

    rights = {key: grant for key, grant in BOTH.items() if key in granted}
    fewer = {key: grant for key, grant in rights.items() if key != removed}
    assert allowed(rights, locked) >= allowed(fewer, locked)
    assert allowed(rights, locked) >= allowed(rights, locked | {removed})
    if allowed(rights, locked):
        assert name in rights
        assert name not in locked
        assert not stale


@given(st.text(max_size=30), st.text(max_size=30) | st.dictionaries(st.text(), st.integers()).map(json.dumps))
def test_every_verdict_is_complete(name: str, text: str) -> None:
    verdict = decide(call(name, text), policy(), FRESH)
    assert verdict.rule
    assert verdict.reason
    assert verdict.considered[-1] == verdict.rule
    assert (verdict.decision is Decision.ALLOW) == (verdict.arguments is not None)
