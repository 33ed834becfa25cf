"""How a call was made says what a session can do with it at all: a replay is certain of nothing that depends on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from provider import FunctionCall
from script import ORDERS, Script, policy

from guard.core.approval import Approver
from guard.core.commands import Record
from guard.core.policy import Grant, Policy
from guard.core.replay import replay
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.tools import Tool

PLAIN = Grant(ORDERS)
ASKING = Grant(ORDERS, approver=Approver.SUPERVISOR)
HTTP = Grant(
    Tool(ORDERS.name, "", ORDERS.parameters, runner=Runner.HTTP, endpoint=Endpoint("https://t.example/"))
)
MCP = Grant(
    Tool(
        ORDERS.name,
        "",
        ORDERS.parameters,
        runner=Runner.MCP,
        mcp=McpServer("desk", "https://m.example/", "orders"),
    )
)
LOOSE, HELD = None, "conv_1"


def policy_with(grant: Grant) -> Policy:
    return policy(grants={ORDERS.name: grant}, evidence_key=b"k" * 32)


def decided(grant: Grant, conversation: str | None) -> Record:
    events = FunctionCall(ORDERS.name, '{"account_id":"a"}').all()
    for event in events:
        if "response" in event:
            event["response"]["conversation_id"] = conversation
    records = Script(policy_with(grant)).server(*events).records
    return next(record for record in records if record.verb == "tool.decided")


@pytest.mark.parametrize("conversation", [LOOSE, HELD])
@pytest.mark.parametrize(
    "draft", [PLAIN, ASKING, HTTP, MCP, replace(PLAIN, caps=replace(PLAIN.caps, per_turn=0))]
)
def test_what_is_certain_is_what_a_session_would_do(conversation: str | None, draft: Grant) -> None:
    then, now = decided(PLAIN, conversation), decided(draft, conversation)
    replayed = replay(then.fields, replace(policy_with(draft), version=9, digest="f" * 64))
    if replayed.certain:
        assert replayed.verdict is not None
        assert (str(replayed.verdict.decision), replayed.verdict.rule) == (now.outcome, now.rule)
    depends = draft is MCP or (conversation is LOOSE and draft in (ASKING, HTTP))
    assert replayed.certain is not depends
