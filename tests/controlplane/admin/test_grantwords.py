from __future__ import annotations

import pytest

from controlplane.admin.grantwords import said
from guard.core.approval import Approver
from guard.core.arguments import parse
from guard.core.condition import Condition
from guard.core.policy import Caps, Grant
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.tools import Tool

SCHEMA = {"type": "object"}
PLAIN = Tool("refund", "", SCHEMA)
ENDPOINT = Tool(
    "refund",
    "",
    SCHEMA,
    runner=Runner.HTTP,
    endpoint=Endpoint("https://tools.example.com/refund?key=1"),
)
SERVER = Tool(
    "refund", "", SCHEMA, runner=Runner.MCP, mcp=McpServer("shop", "https://mcp.example.com", "pay")
)


def rules(**arguments):
    return tuple(rule for name, given in arguments.items() for rule in parse(name, given))


def test_a_grant_is_said_in_one_sentence():
    grant = Grant(
        ENDPOINT,
        rules=rules(amount={"at_most": 50}, account_id={"owned": "account_id"}),
        approver=Approver.SUPERVISOR,
        caps=Caps(per_session=3),
    )
    assert said(grant) == (
        "amount at most 50, account_id is the user's own; a supervisor must agree within 2 min; at most 3 per "
        "session; run by Sallyport at https://tools.example.com/refund; the model sees the whole result"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fixed": 5}, "a is always 5"),
        ({"fixed": True}, "a is always true"),
        ({"fixed": "x"}, "a is always x"),
        ({"fixed": "@tier"}, "a is always the user's tier"),
        ({"dropped": True}, "a is left out"),
        ({"at_least": 1}, "a at least 1"),
        ({"max_length": 9}, "a cut to a length of 9"),
        ({"one_of": ["x", 1]}, "a one of x, 1"),
        ({"owned": "account"}, "a is the user's own account"),
    ],
)
def test_every_rule_has_words(given, words):
    assert said(Grant(PLAIN, rules=rules(a=given))) == f"{words}; the model sees the whole result"


def test_conditions_caps_and_the_user_s_consent_are_said():
    grant = Grant(
        PLAIN,
        condition=Condition("args.a > 1"),
        approver=Approver.USER,
        approval_seconds=30,
        caps=Caps(1, 2, 3),
    )
    assert said(grant).startswith(
        "only if args.a > 1; the user must agree within 30 s; at most 1 per turn, 2 per session and 3 per day; "
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"visible_fields": frozenset({"b", "a"})}, "the model sees only a and b of the result"),
        (
            {"visible_fields": frozenset({"a"}), "hidden_fields": frozenset({"a.b"})},
            "the model sees only a of the result, without a.b",
        ),
        ({"hidden_fields": frozenset({"a.b"})}, "without a.b in the result"),
    ],
)
def test_what_the_model_sees_of_the_result_is_said(fields, words):
    assert said(Grant(PLAIN, **fields)) == words


def test_what_the_provider_runs_it_also_answers():
    assert said(Grant(SERVER, hidden_fields=frozenset({"margin"}))) == (
        "run by the provider, as pay of MCP server shop at https://mcp.example.com; the provider hands the whole "
        "result to the model"
    )


def test_what_is_only_tried_is_said_to_be():
    grant = Grant(PLAIN, rules=rules(a={"at_most": 1}), caps=Caps(per_day=2), enforced=False)
    assert said(grant) == (
        "only tried and recorded, not enforced (a at most 1; at most 2 per day); the model sees the whole result"
    )
    assert said(Grant(PLAIN, enforced=False)) == "the model sees the whole result"
