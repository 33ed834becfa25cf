"""The official clients, unmodified, judge the sandbox: their own types, and a conversation each."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from agents.realtime.openai_realtime import get_server_event_type_adapter
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from guard import sandbox
from guard.sandbox import tools
from guard.sandbox.speech import silence, speak
from tests.guard.sandbox.talker import Event, done, talking

HEARS = {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}
WORDS = (
    "hello",
    "my card is 4111 1111 1111 1111",
    "list my orders",
    "refund and orders",
    "explain and refund",
)


def validated(events: list[Event]) -> int:
    """How many events there were. Raises pydantic's ValidationError for one that the Agents SDK would drop."""
    adapter = get_server_event_type_adapter()
    for event in events:
        # The SDK does the same before it validates: the real service sends null here too.
        known = {**event, "previous_item_id": ""} if event.get("previous_item_id", "") is None else event
        assert adapter.validate_python(known).type == event["type"]
    return len(events)


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-realtime-2.1"])
@pytest.mark.parametrize("modality", ["text", "audio"])
async def test_every_event_passes_the_strict_types_of_the_agents_sdk(model: str, modality: str) -> None:
    asked = {"output_modalities": [modality], "audio": HEARS}
    async with sandbox.running() as provider, talking(provider, model, **asked) as talker:
        for words in WORDS:
            calls = [
                item for item in done(await talker.turn(words))["output"] if item["type"] == "function_call"
            ]
            for call in calls:
                await talker.give(call["call_id"], tools.answer(call["name"], call["arguments"]))
            if calls:
                await talker.respond()
        await talker.append(speak("please list my orders") + silence(400))
        await talker.until("rate_limits.updated")
        await exercised(talker, done(talker.log)["output"][0]["id"])
        assert validated(talker.log) > 200


async def exercised(talker: Any, item_id: str) -> None:
    """The events that no conversation brings by itself: a cancelled answer, items asked for, errors."""
    await talker.send("conversation.item.retrieve", item_id=item_id)
    await talker.send("conversation.item.delete", item_id=item_id)
    await talker.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=1)
    await talker.say("long 50")
    await talker.send("response.create")
    await talker.send("response.cancel")
    await talker.until("rate_limits.updated")
    await talker.send("input_audio_buffer.clear")
    await talker.send("bogus")
    await talker.until("input_audio_buffer.cleared")
    await talker.until("error")


async def test_openai_python_holds_a_conversation_with_a_tool() -> None:
    async with sandbox.running(api_keys=("sk-right",)) as provider:
        client = AsyncOpenAI(api_key="sk-right", base_url=f"http://127.0.0.1:{provider.port}/v1")
        async with client.realtime.connect(model="gpt-realtime") as connection:
            await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            first = await said(connection, "list my orders")
            (call,) = first.output
            output = tools.answer(call.name, call.arguments)
            item: Any = {"type": "function_call_output", "call_id": call.call_id, "output": output}
            await connection.conversation.item.create(item=item)
            await connection.response.create()
            second = await answered(connection)
    assert call.name == "list_recent_orders"
    assert "order_id is" in second.output[0].content[0].text
    assert second.usage.total_tokens > 0


async def said(connection: Any, text: str) -> Any:
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()
    return await answered(connection)


async def answered(connection: Any) -> Any:
    async with asyncio.timeout(5):
        async for event in connection:
            assert event.type != "error", event
            if event.type == "response.done":
                return event.response
    raise AssertionError("the connection closed before the answer was done")


async def test_openai_python_with_a_wrong_key_reads_401() -> None:
    async with sandbox.running(api_keys=("sk-right",)) as provider:
        client = AsyncOpenAI(
            api_key="sk-wrong", base_url=f"http://127.0.0.1:{provider.port}/v1", max_retries=0
        )
        with pytest.raises(InvalidStatus) as caught:
            async with client.realtime.connect(model="gpt-realtime"):
                pass
    assert caught.value.response.status_code == 401


async def test_the_agents_sdk_runs_a_session_with_a_tool() -> None:
    asked: list[str] = []

    @function_tool
    def list_recent_orders(account_id: str, limit: int) -> str:
        """The latest orders of an account."""
        asked.append(account_id)
        return json.dumps(tools.list_recent_orders(account_id, limit))

    agent = RealtimeAgent(name="support", instructions="Be brief.", tools=[list_recent_orders])
    config: Any = {"model_settings": {"model_name": "gpt-realtime", "modalities": ["text"]}}
    async with sandbox.running() as provider:
        url = f"{provider.url}?model=gpt-realtime"
        runner = RealtimeRunner(agent, config=config)
        session = await runner.run(model_config={"url": url, "api_key": "sk-any"})
        async with session:
            await session.send_message("please list my orders")
            problems, text = await finished(session)
        updates = await provider.received("session.update")
    assert problems == []
    assert asked == ["acct_42"]
    assert "order_id is" in text
    assert updates[0]["session"]["tools"][0]["name"] == "list_recent_orders"


async def finished(session: Any) -> tuple[list[Any], str]:
    """Errors of the session, and what the assistant said once it had the tool's result."""
    problems: list[Any] = []
    async with asyncio.timeout(10):
        async for event in session:
            if event.type == "error":
                problems.append(event.error)
            if event.type in ("history_added", "history_updated"):
                text = json.dumps([item.model_dump() for item in getattr(event, "history", [])], default=str)
                if "order_id is" in text and '"completed"' in text:
                    return problems, text
    return problems, ""
