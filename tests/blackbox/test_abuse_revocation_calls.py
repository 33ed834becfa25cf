"""T82, and what becomes of calls when the tool, or the session, is taken away."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.blackbox import crowd
from tests.blackbox.crowd import named, speak, terminal
from tests.blackbox.desk import Desk, asked, desk_of, given, ticket_of
from tests.blackbox.harness import Stack, eventually
from tests.guard.tool_server import Mood, ToolServer

pytestmark = pytest.mark.slow


async def test_t80_a_call_that_waits_for_its_result_has_a_last_record(stack: Stack) -> None:
    desk = await desk_of(stack, named("t80"), {})
    ticket = await ticket_of(desk)
    session = await asyncio.to_thread(stack.session_id, ticket)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        await asyncio.to_thread(crowd.end, stack, session)
        assert (await talker.closed())[0] == 4410
    assert await asyncio.to_thread(terminal, stack, session) == [("revoked", "drill")]
    assert revoked_calls(stack, session) == [("tool.abandoned", "unanswered")]


async def test_t82_the_result_of_a_locked_tool_is_discarded_and_recorded(stack: Stack) -> None:
    desk = await desk_of(stack, named("t82"), {})
    ticket = await ticket_of(desk)
    async with desk.talk(ticket) as talker:
        await talker.say(asked(desk))
        [call] = await talker.wait("response.function_call_arguments.done")
        await asyncio.to_thread(crowd.lock, stack, "tool", f"{desk.name}_refund")
        await told_no(stack, desk)
        done = len(talker.of("response.done"))
        await talker.wait("response.done", max(done, 2))  # the model goes on by itself
        item = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"paid":"canary-82"}'}
        await talker.send({"type": "conversation.item.create", "item": item})
        assert (await talker.wait("error"))[-1]["error"]["type"] == "invalid_request_error"
        await talker.say("hello")
    assert "canary-82" not in json.dumps(stack.upstream(desk.name))
    session = await asyncio.to_thread(stack.session_id, ticket)
    assert revoked_calls(stack, session) == [("tool.abandoned", "revoked"), ("tool.late_output", "")]
    await asyncio.to_thread(crowd.lift_all, stack)


async def test_t82_what_an_endpoint_returns_for_a_tool_that_is_not_granted_any_more_goes_nowhere(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(delay=4.0, answer=b'{"paid":"canary-82"}')
    desk = await desk_of(stack, named("t82"), {}, runner="http", url=tool_server.url)
    ticket = await ticket_of(desk)
    session = await asyncio.to_thread(stack.session_id, ticket)
    async with desk.talk(ticket) as talker:
        await speak(talker, asked(desk))
        await eventually(lambda: tool_server.calls)
        grant = f"models.ToolGrant.objects.get(role__name={desk.name!r})"
        await asyncio.to_thread(
            crowd.committed, stack, f"rows.retire(actor=TESTER, row={grant}, reason='drill')"
        )
        await told_no(stack, desk)
        await eventually(lambda: stack.records(session, "tool.late_output"), 8)
        await talker.say("hello")
    assert "canary-82" not in json.dumps(stack.upstream(desk.name))
    assert revoked_calls(stack, session) == [("tool.abandoned", "revoked"), ("tool.late_output", "")]


async def told_no(stack: Stack, desk: Desk) -> None:
    [output] = await eventually(lambda: given(stack, f"{desk.name}_refund"))
    assert json.loads(output["output"])["error"]["type"] == "not_available"


def revoked_calls(stack: Stack, session: str) -> list[tuple[str, str]]:
    verbs = ("tool.abandoned", "tool.late_output", "tool.result", "tool.forged_output")
    return [(each["verb"], each["outcome"]) for each in stack.records(session, *verbs)]
