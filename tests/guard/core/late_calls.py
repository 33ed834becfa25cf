"""Calls under policy, for tests in which things come in another order than usual."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from provider import FunctionCall
from script import ORDERS, Orders, Script, policy

from guard.core.approval import ApprovalState
from guard.core.classifier import Classifier
from guard.core.commands import Command, RequestApproval, UseApproval
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import Grant, Limits
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.tools import Tool

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number"}}}
REFUND = Tool("refund_order", "Refund", AMOUNT)
OVER_HTTP = replace(REFUND, runner=Runner.HTTP, endpoint=Endpoint("https://tools.example"), answer_seconds=10)
FIND = Tool(
    "crm_find",
    "Finds a customer",
    {"type": "object"},
    runner=Runner.MCP,
    mcp=McpServer("crm", "https://mcp.example", "find"),
    answer_seconds=10,
)
ENGINE = Engine("https://engine.example", 2.0)
ALLOWS = EngineAnswer(Decision.ALLOW)
JUDGE = Classifier("judge", "https://judge.example")
CREATE: dict[str, Any] = {"type": "response.create"}


def desk(*grants: Grant, **changes: Any) -> Script:
    granted = {grant.tool.name: grant for grant in (Grant(ORDERS), *grants)}
    return Script(policy(grants=granted, limits=Limits(max_seconds=900, idle_seconds=900), **changes))


def refund(amount: int = 40, **where: Any) -> FunctionCall:
    return FunctionCall("refund_order", json.dumps({"amount": amount}), **where)


def orders_call(**where: Any) -> FunctionCall:
    return FunctionCall("list_recent_orders", '{"account_id":"a"}', **where)


def ups(orders: Orders) -> list[str]:
    return [event["type"] for event in orders.to_upstream]


def creates(orders: Orders) -> int:
    return ups(orders).count("response.create")


def outputs(orders: Orders) -> list[dict[str, Any]]:
    items = [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]
    return [item for item in items if item["type"] == "function_call_output"]


def decisions(orders: Orders) -> list[tuple[str, str]]:
    return [(r.outcome, r.rule) for r in orders.records if r.verb == "tool.decided"]


def pass_time(script: Script, seconds: float) -> Orders:
    """As a caller does it: woken when the session has asked for it."""
    orders, until = Orders(), script.now + seconds
    while script.now < until:
        script.session.policy_seen(script.now)
        orders += script.wait(max(min(script.session.next_tick(), until, script.now + 5) - script.now, 0.01))
    return orders


def asked_of(orders: Orders, kind: type[Command]) -> list[Any]:
    return [command for command in orders if isinstance(command, kind)]


def approve(script: Script, asked: RequestApproval) -> Orders:
    return script.used(script.decided(asked, ApprovalState.APPROVED).only(UseApproval))
