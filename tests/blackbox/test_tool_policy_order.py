"""Orders of events that no well-behaved provider promises: parallel calls, words between them, calls that are cut off.

Under every one the client sees what is allowed and nothing else, and the provider gets one answer to each call.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.blackbox.desk import Desk
from tests.blackbox.harness import TEXT, Stack
from tests.blackbox.processes import free_port
from tests.blackbox.scripted_provider import Line, marker, scripted_provider
from tests.blackbox.talker import Talker
from tests.fakes import until
from tests.guard.core.provider import FunctionCall, Utterance, event, response
from tests.guard.tool_server import Mood, ToolServer

pytestmark = pytest.mark.slow

ANY = {"description": "Does it.", "parameters": {"type": "object", "properties": {"n": {"type": "number"}}}}
ALLOWED, NARROWED, HOSTED, DENIED = "order_allowed", "order_narrowed", "order_hosted", "order_denied"


@asynccontextmanager
async def session(stack: Stack, name: str, server: ToolServer) -> AsyncIterator[tuple[Talker, Line, str]]:
    client = {"runner": "client", "url": ""}
    tools: dict[str, Any] = {
        ALLOWED: ({**ANY, **client}, {}),
        NARROWED: ({**ANY, **client}, {"rules": {"n": {"at_most": 5}}}),
        HOSTED: ({**ANY, "runner": "http", "url": server.url}, {}),
    }
    desk = Desk(stack, name, tools, port=free_port())
    await asyncio.to_thread(desk.make)
    async with scripted_provider(desk.port) as provider:
        ticket = await asyncio.to_thread(stack.ticket, name, name, TEXT)
        async with desk.talk(ticket) as talker:
            yield talker, provider.lines[0], ticket


def call(tool: str, n: int, arguments: str = '{"n": 9}') -> FunctionCall:
    return FunctionCall(tool, arguments, f"call_{n}", f"item_{n}")


def interleaved(calls: list[FunctionCall], words: Utterance) -> list[dict[str, Any]]:
    """Everybody begins, everybody speaks in turns, everybody ends, the last one first."""
    begun = [each for one in calls for each in one.added()]
    rows = [list(one.deltas()) for one in calls]
    deltas = [row[at] for at in range(max(map(len, rows))) for row in rows if at < len(row)]
    ended = [each for one in reversed(calls) for each in (one.done(), *one.copies())]
    spoken = words.all()
    return [response("response.created"), *begun, *spoken[:4], *deltas, *ended, *spoken[4:]]


async def settled(talker: Talker, line: Line, name: str) -> None:
    await line.push([marker(name)])
    await until(lambda: name in [event["name"] for event in talker.of("test.marker")], 8)


def outputs(line: Line) -> Counter[str]:
    items = [each["item"] for each in line.of("conversation.item.create")]
    return Counter(item["call_id"] for item in items if item["type"] == "function_call_output")


async def test_parallel_calls_and_words_in_one_response(stack: Stack, tool_server: ToolServer) -> None:
    calls = [call(ALLOWED, 1), call(NARROWED, 2), call(HOSTED, 3), call(DENIED, 4)]
    async with session(stack, "parallel", tool_server) as (talker, line, ticket):
        words = Utterance("One moment please.", item_id="item_m")
        await line.push([each for each in interleaved(calls, words) if each["type"] != "response.done"])
        items = [one.item("completed") for one in calls]
        await line.push([response("response.done", "completed", output=items)])
        await settled(talker, line, "after")
        seen = {
            e["name"]: json.loads(e["arguments"]) for e in talker.of("response.function_call_arguments.done")
        }
        assert seen == {ALLOWED: {"n": 9}, NARROWED: {"n": 5}}
        [done] = talker.of("response.done")
        assert {item["name"] for item in done["response"]["output"]} == {ALLOWED, NARROWED}
        told = json.dumps([e for e in talker.events if not e["type"].startswith("session.")])
        assert all(trace not in told for trace in (HOSTED, DENIED, "call_3", "call_4", "item_3", "item_4"))
        assert "One moment" in talker.heard
        await line.wait("conversation.item.create", 2)
        assert outputs(line) == {"call_3": 1, "call_4": 1}
        assert line.of("response.create") == []  # the client has calls to answer, and goes on by itself
        for call_id in ("call_2", "call_1"):
            item = {"type": "function_call_output", "call_id": call_id, "output": "ok"}
            await talker.send({"type": "conversation.item.create", "item": item})
        await talker.send({"type": "response.create"})
        await line.wait("response.create")
        assert outputs(line) == {"call_1": 1, "call_2": 1, "call_3": 1, "call_4": 1}
    records = stack.records(stack.session_id(ticket), "tool.decided")
    assert {r["fields"]["tool"]: r["outcome"] for r in records} == {
        ALLOWED: "allow",
        NARROWED: "constrain",
        HOSTED: "allow",
        DENIED: "deny",
    }
    assert len(tool_server.calls) == 1


@pytest.mark.parametrize("tool", [ALLOWED, HOSTED, DENIED])
async def test_a_call_that_is_cut_off_by_a_cancel_is_never_made(
    stack: Stack, tool_server: ToolServer, tool: str
) -> None:
    async with session(stack, f"cut_{tool[6:]}", tool_server) as (talker, line, ticket):
        half = call(tool, 1)
        await line.push([response("response.created"), *half.added(), *half.deltas()[:1]])
        await talker.wait("response.created")
        await talker.send({"type": "response.cancel"})
        await line.wait("response.cancel")
        item = {**half.item("in_progress"), "status": "incomplete", "arguments": '{"n'}
        await line.push([response("response.done", "cancelled", output=[item])])
        await settled(talker, line, "after")
        assert "call_1" not in json.dumps(talker.events)
        assert outputs(line) == {} and tool_server.calls == []
        spoken = Utterance("As you wish.", response_id="resp_2", item_id="item_m")
        await line.push([response("response.created", id="resp_2"), *spoken.all()])
        await settled(talker, line, "later")
        assert "As you wish." in talker.heard
    session_id = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(stack.wait_for_end, session_id)
    records = stack.records(session_id, "tool.decided", "tool.abandoned")
    assert [(r["verb"], r["outcome"]) for r in records] == [("tool.abandoned", "cut_off")]


async def test_t59_one_call_in_many_events_is_decided_and_run_once(
    stack: Stack, tool_server: ToolServer
) -> None:
    async with session(stack, "thrice", tool_server) as (talker, line, ticket):
        one = call(HOSTED, 1)
        await line.push([*one.all(), *one.copies(), one.done()])
        await line.wait("response.create")
        await settled(talker, line, "after")
        assert outputs(line) == {"call_1": 1}
    assert len(tool_server.calls) == 1
    assert len(stack.records(stack.session_id(ticket), "tool.decided")) == 1


async def test_t59_arguments_that_differ_from_those_written_are_denied(
    stack: Stack, tool_server: ToolServer
) -> None:
    async with session(stack, "differ", tool_server) as (talker, line, ticket):
        one = call(HOSTED, 1)
        done = {**one.done(), "arguments": '{"n": 1000}'}
        await line.push([response("response.created"), *one.added(), *one.deltas(), done])
        await line.wait("conversation.item.create")
        await settled(talker, line, "after")
    assert tool_server.calls == []
    [record] = stack.records(stack.session_id(ticket), "tool.decided")
    assert (record["outcome"], record["rule"]) == ("deny", "arguments_mismatch")


async def test_a_result_after_a_response_that_broke_off_is_told_once(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(delay=0.5, answer=b'{"done":true}')
    async with session(stack, "broken_off", tool_server) as (talker, line, _):
        one = call(HOSTED, 1)
        begun = [response("response.created"), *one.added(), *one.deltas(), one.done(), *one.copies()]
        await line.push([*begun, response("response.done", "incomplete", output=[one.item("completed")])])
        await line.wait("response.create")
        [given] = line.of("conversation.item.create")
        assert json.loads(given["item"]["output"])["done"] is True
        await asyncio.sleep(1.5)
        await settled(talker, line, "after")
        assert len(line.of("response.create")) == 1 and talker.of("error") == []


async def test_a_user_who_interrupts_hears_the_result_in_the_answer_to_his_turn(
    stack: Stack, tool_server: ToolServer
) -> None:
    tool_server.mood = Mood(delay=0.5, answer=b'{"done":true}')
    async with session(stack, "barged_in", tool_server) as (talker, line, _):
        one = call(HOSTED, 1)
        begun = [response("response.created"), *one.added(), *one.deltas(), one.done(), *one.copies()]
        started = event("input_audio_buffer.speech_started", item_id="item_u", audio_start_ms=5)
        cut = response("response.done", "cancelled", output=[one.item("completed")])
        await line.push([*begun, started, cut])
        [given] = await line.wait("conversation.item.create")
        taken = event("conversation.item.added", previous_item_id=None, item=given["item"])
        committed = event("input_audio_buffer.committed", item_id="item_u", previous_item_id=None)
        spoken = Utterance("It is done.", item_id="item_2", response_id="resp_2")
        await line.push([taken, committed, *spoken.all()])
        await talker.wait("response.done", 2)
        await asyncio.sleep(1.5)
        await settled(talker, line, "after")
        assert line.of("response.create") == [] and talker.of("error") == []


async def test_a_result_that_comes_after_its_time_is_on_record_as_late(
    stack: Stack, tool_server: ToolServer
) -> None:
    async with session(stack, "too_late", tool_server) as (talker, line, ticket):
        await asyncio.to_thread(
            stack.backstage,
            f"models.Tool.objects.filter(name={ALLOWED!r}).update(answer_seconds=1); edit_role('too_late')",
        )
        await asyncio.sleep(1.5)  # the edit has arrived
        await line.push(call(ALLOWED, 1).all())
        await line.wait("conversation.item.create")  # the model is told that there is no answer
        output = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}
        await talker.send({"type": "conversation.item.create", "item": output})
        [refused] = await talker.wait("error")
        assert refused["error"]["code"] == "policy_denied"
        assert len(line.of("conversation.item.create")) == 1
    session_id = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(stack.wait_for_end, session_id)
    story = stack.records(
        session_id, "tool.abandoned", "tool.late_output", "tool.forged_output", "frame.rejected"
    )
    assert [(r["verb"], r["outcome"] or r["rule"]) for r in story] == [
        ("tool.abandoned", "timeout"),
        ("tool.late_output", ""),
        ("frame.rejected", "late_output"),
    ]
