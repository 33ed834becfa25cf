"""The tools and policies that ``random_calls`` tries: one of each kind, and what may change under a session."""

from __future__ import annotations

from typing import Any

from script import policy

from guard.core.approval import Approver
from guard.core.classifier import Classifier
from guard.core.engine import Engine
from guard.core.policy import Caps, Grant, Limits, Policy
from guard.core.redact import Redactor
from guard.core.running import Endpoint, McpServer, Runner
from guard.core.tools import Tool

SCHEMA = {"type": "object", "properties": {"mark": {"type": "string"}}}


def _tool(name: str, runner: Runner = Runner.CLIENT) -> Tool:
    endpoint = Endpoint("https://tools.example") if runner is Runner.HTTP else None
    mcp = McpServer("crm", "https://mcp.example", name) if runner is Runner.MCP else None
    return Tool(name, "", SCHEMA, runner=runner, answer_seconds=10, endpoint=endpoint, mcp=mcp)


TOOLS = {
    tool.name: tool
    for tool in (
        *(_tool(name) for name in ("show", "book", "mail", "pay")),
        *(_tool(f"{name}_http", Runner.HTTP) for name in ("look", "send")),
        *(_tool(f"{name}_mcp", Runner.MCP) for name in ("find", "drop")),
    )
}
GRANTS = {
    "show": Grant(TOOLS["show"]),
    "book": Grant(TOOLS["book"], approver=Approver.SUPERVISOR, approval_seconds=30),
    "mail": Grant(TOOLS["mail"], approver=Approver.USER, approval_seconds=30),
    "pay": Grant(TOOLS["pay"], caps=Caps(per_day=3)),
    "look_http": Grant(TOOLS["look_http"]),
    "send_http": Grant(TOOLS["send_http"], approver=Approver.SUPERVISOR, approval_seconds=30),
    "find_mcp": Grant(TOOLS["find_mcp"]),
    "drop_mcp": Grant(TOOLS["drop_mcp"], approver=Approver.SUPERVISOR, approval_seconds=30),
}
JUDGE = Classifier("judge", "https://judge.example")
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"engine": Engine("https://engine.example")},
    {"engine": None},
    {"model_classifiers": (JUDGE,)},
    {"model_classifiers": ()},
    {"locked_tools": frozenset({"show", "book", "look_http", "find_mcp"})},
    {"locked_tools": frozenset()},
    {"grants": {name: grant for name, grant in GRANTS.items() if name in ("show", "mail", "send_http")}},
    {"grants": GRANTS},
    {"calls_per_turn": 2},
    {"calls_per_turn": 25},
)


def opening() -> Policy:
    plain = Redactor([])
    limits = Limits(max_seconds=100_000, idle_seconds=100_000)
    return policy(grants=GRANTS, limits=limits, to_client=plain, to_model=plain)
