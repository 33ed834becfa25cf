"""Tools on MCP servers: asked about before each call, decided like any other, never shown to the client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from provider import event, response
from script import ORDERS, Orders, Script, policy

from guard.core.approval import ApprovalState, Approver
from guard.core.arguments import parse
from guard.core.commands import RequestApproval, UseApproval
from guard.core.policy import Grant, Limits
from guard.core.running import McpServer, Runner
from guard.core.tools import Tool

FIND = Tool(
    "crm_find",
    "Finds a customer",
    {"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False},
    runner=Runner.MCP,
    mcp=McpServer("crm", "https://mcp.example", "find_customer", "secret-token"),
)
DROP = Tool(
    "crm_drop",
    "Drops one",
    {"type": "object"},
    runner=Runner.MCP,
    mcp=McpServer("crm", "https://mcp.example", "drop"),
)
CALL = '{"name":"Ada"}'


def desk(*grants: Grant, **changes: Any) -> Script:
    granted = {grant.tool.name: grant for grant in (Grant(ORDERS), *(grants or (Grant(FIND),)))}
    return Script(policy(grants=granted, limits=Limits(max_seconds=600, idle_seconds=600), **changes))


def request(
    name: str = "find_customer", arguments: str = CALL, label: str = "crm", **fields: Any
) -> dict[str, Any]:
    item = {"id": "mcpr_1", "type": "mcp_approval_request", "server_label": label, "name": name}
    return {**item, "arguments": arguments, **fields}


def asks(**fields: Any) -> list[dict[str, Any]]:
    item = request(**fields)
    return [
        response("response.created"),
        event("response.output_item.added", response_id="resp_1", output_index=0, item=item),
        event("conversation.item.added", previous_item_id="item_u", item=item),
        event(
            "response.mcp_call_arguments.delta",
            response_id="resp_1",
            item_id="mcpr_1",
            output_index=0,
            delta="{",
        ),
        event("conversation.item.done", previous_item_id="item_u", item=item),
        event("response.output_item.done", response_id="resp_1", output_index=0, item=item),
        response("response.done", "completed", output=[item]),
    ]


def called(approval: str | None = "mcpr_1", **fields: Any) -> dict[str, Any]:
    item = {
        "id": "mcp_1",
        "type": "mcp_call",
        "server_label": "crm",
        "name": "find_customer",
        "arguments": CALL,
    }
    item |= {"approval_request_id": approval, "output": "Ada Lovelace", **fields}
    return event("conversation.item.done", previous_item_id="mcpr_1", item=item)


def answers(orders: Orders) -> list[tuple[str, bool]]:
    items = [e["item"] for e in orders.to_upstream if e["type"] == "conversation.item.create"]
    return [(i["approval_request_id"], i["approve"]) for i in items if i["type"] == "mcp_approval_response"]


def opening(script_policy: Script) -> dict[str, Any]:
    script = Script(script_policy.session.policy, opened=False)
    from provider import session

    return script.server(session("session.created")).to_upstream[0]["session"]


def test_the_server_is_named_with_the_granted_tools_only_and_always_asks() -> None:
    [entry] = [tool for tool in opening(desk())["tools"] if tool["type"] == "mcp"]
    assert entry == {
        "type": "mcp",
        "server_label": "crm",
        "server_url": "https://mcp.example",
        "authorization": "secret-token",
        "allowed_tools": ["find_customer"],
        "require_approval": "always",
    }


def test_a_locked_tool_is_taken_off_the_servers_list() -> None:
    script = desk(Grant(FIND), Grant(DROP), locked_tools=frozenset({"crm_drop"}))
    [entry] = [tool for tool in opening(script)["tools"] if tool["type"] == "mcp"]
    assert entry["allowed_tools"] == ["find_customer"]


def test_neither_server_nor_secret_is_shown_to_the_client() -> None:
    script = desk()
    for told in (script.opening.text(), script.server(*asks(), called()).text()):
        assert all(word not in told for word in ("crm", "mcp", "secret-token", "find_customer", "Ada"))


def test_a_provider_that_would_not_ask_is_left() -> None:
    script = Script(desk().session.policy, opened=False)
    from provider import session

    sent = script.server(session("session.created")).to_upstream[0]["session"]
    tools = [{**t, "require_approval": "never"} if t["type"] == "mcp" else t for t in sent["tools"]]
    assert script.server(session("session.updated", **{**sent, "tools": tools})).end is not None


def test_an_echo_without_the_secret_is_accepted() -> None:
    script = Script(desk().session.policy, opened=False)
    from provider import session

    sent = script.server(session("session.created")).to_upstream[0]["session"]
    tools = [{k: v for k, v in tool.items() if k != "authorization"} for tool in sent["tools"]]
    assert script.server(session("session.updated", **{**sent, "tools": tools})).end is None


def test_a_granted_call_is_approved_once_however_often_it_is_announced() -> None:
    orders = desk().server(*asks())
    assert answers(orders) == [("mcpr_1", True)]
    [record] = [r for r in orders.records if r.verb == "tool.decided"]
    assert (record.outcome, record.fields["tool"]) == ("allow", "crm_find")


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"name": "drop"}, "default_deny"),
        ({"label": "evil"}, "default_deny"),
        ({"arguments": '{"name":5}'}, "schema"),
        ({"arguments": '{"name":"a","x":1}'}, "schema"),
        ({"arguments": "{"}, "arguments_malformed"),
    ],
)
def test_what_is_not_granted_is_refused(asked: dict[str, Any], rule: str) -> None:
    orders = desk().server(*asks(**asked))
    assert answers(orders) == [("mcpr_1", False)]
    [record] = [r for r in orders.records if r.verb == "tool.decided"]
    assert (record.outcome, record.rule) == ("deny", rule)
    assert [e["type"] for e in orders.to_upstream][-1] == "response.create"


def test_arguments_that_would_have_to_be_narrowed_are_refused() -> None:
    orders = desk(Grant(FIND, rules=parse("name", {"max_length": 1}))).server(*asks())
    assert answers(orders) == [("mcpr_1", False)]


def test_the_outcome_is_recorded_and_the_model_goes_on() -> None:
    script = desk()
    script.server(*asks())
    orders = script.server(called(), called())
    assert [(r.verb, r.outcome) for r in orders.records] == [("tool.result", "answered")]
    assert [e["type"] for e in orders.to_upstream] == ["response.create"]
    failing = desk()
    failing.server(*asks())
    assert failing.server(called(output=None, error={"type": "http_error"})).records[0].outcome == "failed"


@pytest.mark.parametrize("approval", [None, "mcpr_9"])
def test_a_call_that_nobody_approved_ends_the_session(approval: str | None) -> None:
    script = desk()
    script.server(*asks())
    orders = script.server(called(approval))
    assert orders.end is not None
    assert [(r.outcome, r.rule) for r in orders.records] == [("deny", "mcp_unapproved")]


def test_a_refused_call_that_is_made_all_the_same_ends_the_session() -> None:
    script = desk()
    script.server(*asks(name="drop"))
    assert script.server(called(name="drop")).end is not None


@pytest.mark.parametrize(
    ("state", "approves"), [(ApprovalState.APPROVED, True), (ApprovalState.DENIED, False)]
)
def test_a_person_can_be_asked_first(state: ApprovalState, approves: bool) -> None:
    script = desk(Grant(FIND, approver=Approver.SUPERVISOR))
    asked = script.server(*asks())
    assert answers(asked) == []
    orders = script.decided(asked.only(RequestApproval), state)
    if approves:
        orders = script.used(orders.only(UseApproval))
    assert answers(orders) == [("mcpr_1", approves)]


def test_t42_a_client_can_bring_no_server_of_its_own() -> None:
    evil = {"type": "mcp", "server_label": "x", "server_url": "https://evil", "require_approval": "never"}
    orders = desk().client({"type": "session.update", "session": {"type": "realtime", "tools": [evil]}})
    assert "evil" not in json.dumps(orders.to_upstream)
    [sent] = orders.to_upstream
    assert [tool["server_label"] for tool in sent["session"]["tools"]] == ["crm"]


def test_a_session_that_ends_leaves_one_last_record_of_the_call() -> None:
    script = desk()
    script.server(*asks())
    assert [r.verb for r in script.session.close(script.now) if hasattr(r, "verb")] == ["tool.abandoned"]
