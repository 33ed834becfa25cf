"""Tools that Sallyport runs itself, through real processes: signed, bounded, invisible to the client."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.blackbox.desk import (
    asked,
    decisions,
    desk_of,
    given,
    ticket_of,
    told,
)
from tests.blackbox.harness import Stack, eventually
from tests.guard.tool_server import Mood, ToolServer

pytestmark = pytest.mark.slow

RULED = {"rules": {"amount": {"at_most": 50}, "account_id": {"fixed": "@account_id"}}}


async def test_a_call_that_sallyport_runs_is_signed_and_leaves_no_trace(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(answer=b'{"refunded":true,"internal_cost":3}')
    grant = {**RULED, "hidden_fields": ["internal_cost"]}
    desk = await desk_of(stack, "hosted", grant, runner="http", url=tool_server.url)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await talker.wait("response.done", 2)
        assert "hosted_refund" not in told(talker) and "function_call" not in told(talker)
    [call] = tool_server.calls
    session = await asyncio.to_thread(stack.session_id, ticket)
    assert call.headers["webhook-id"].startswith(session)
    assert call.event["data"]["arguments"] == {"order_id": "o-77", "amount": 50, "account_id": "acct_42"}
    [output] = given(stack, "hosted_refund")
    assert json.loads(output["output"])["result"] == {"refunded": True}
    [result] = stack.records(session, "tool.result")
    assert (result["outcome"], result["fields"]["removed"]) == ("answered", ["internal_cost"])


async def test_t69_an_endpoint_that_fails_is_neutral_to_the_model(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(status=500, answer=b"Traceback: password=hunter2")
    desk = await desk_of(stack, "failing", {}, runner="http", url=tool_server.url)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await talker.wait("response.done", 2)
        assert "hunter2" not in told(talker)
    [output] = given(stack, "failing_refund")
    assert json.loads(output["output"])["error"]["type"] == "failed" and "hunter2" not in output["output"]
    session = await asyncio.to_thread(stack.session_id, ticket)
    [result] = stack.records(session, "tool.result")
    assert (result["outcome"], result["reason"]) == ("failed", "status HTTP 500")


async def test_t67_an_endpoint_on_a_private_address_is_never_reached(
    stack: Stack, tool_server: ToolServer
) -> None:
    url = f"http://localhost.:{tool_server.port}"
    desk = await desk_of(stack, "inward", {}, runner="http", url=url)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await talker.wait("response.done", 2)
    assert tool_server.calls == []
    session = await asyncio.to_thread(stack.session_id, ticket)
    assert [r["verb"] for r in stack.records(session, "egress.blocked", "tool.result")] == [
        "egress.blocked",
        "tool.result",
    ]


async def test_t70_a_grant_that_is_gone_before_the_call_is_run_stops_it(
    stack: Stack, tool_server: ToolServer
) -> None:
    desk = await desk_of(stack, "late", {"approver": "supervisor"}, runner="http", url=tool_server.url)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        [waiting] = await eventually(desk.pending)
        await asyncio.to_thread(stack.backstage, _RETIRE.format(name=desk.name))
        await asyncio.to_thread(desk.decide, waiting["id"], "approve")
        records = await decisions(desk, ticket, 2)
    assert [record["outcome"] for record in records] == ["require_approval", "deny"]
    assert tool_server.calls == []


_RETIRE = """
from django.utils import timezone
models.ToolGrant.objects.filter(role__name={name!r}).update(retired_at=timezone.now())
edit_role({name!r})
"""


async def test_t65_a_client_that_leaves_while_a_tool_runs_leaves_one_last_record(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(delay=3)
    desk = await desk_of(stack, "leaving", {}, runner="http", url=tool_server.url)
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await eventually(lambda: tool_server.calls)
    session = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(stack.wait_for_end, session)
    assert [r["verb"] for r in stack.records(session, "tool.result", "tool.abandoned")] == ["tool.abandoned"]
