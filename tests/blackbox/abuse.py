"""What tests of abuse ask of every refusal: what the client is told, what the model is told, what is on record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.blackbox.desk import Desk
from tests.blackbox.harness import Stack, eventually
from tests.blackbox.scripted_provider import Line, marker, scripted_provider
from tests.blackbox.talker import Talker
from tests.fakes import until

Event = dict[str, Any]

NEUTRAL = {
    "This action is not available.",
    "The arguments were not accepted.",
    "This action cannot be used again for now.",
}
"""All that a model is ever told about a call that is denied: no role, no rule, no tool."""


def message(text: str, **fields: Any) -> Event:
    """A user's item."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content, **fields}


def create(item: Event, **fields: Any) -> Event:
    return {"type": "conversation.item.create", "item": item, **fields}


async def refused(talker: Talker, event: Event) -> tuple[str, str | None]:
    """Code and param of the error that answers ``event``; it names the event, and no rule."""
    known = len(talker.of("error"))
    event_id = f"try_{known}"
    await talker.send({**event, "event_id": event_id})
    error = (await talker.wait("error", known + 1))[-1]["error"]
    assert (error["event_id"], error["type"]) == (event_id, "invalid_request_error")
    assert error["message"].startswith(event["type"])
    return error["code"], error["param"]


async def on_record(stack: Stack, ticket: str, *verbs: str) -> list[Event]:
    """The records of a session that is over."""
    session = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(stack.wait_for_end, session)
    return await asyncio.to_thread(stack.records, session, *verbs)


async def rejections(stack: Stack, ticket: str) -> list[tuple[str, str | None]]:
    """Rule and param of each frame that was refused."""
    records = await on_record(stack, ticket, "frame.rejected")
    return [(record["rule"], record["fields"]["param"]) for record in records]


async def decided(stack: Stack, ticket: str, count: int = 1) -> list[Event]:
    """The verdicts of a session that may still run, once there are ``count``."""
    session = await asyncio.to_thread(stack.session_id, ticket)

    def enough() -> list[Event]:
        found = stack.records(session, "tool.decided")
        return found if len(found) >= count else []

    return list(await eventually(enough))


def outcomes(records: list[Event]) -> list[tuple[str, str]]:
    return [(record["outcome"], record["rule"]) for record in records]


# -- what the provider was told


def outputs(events: list[Event]) -> dict[str, Any]:
    """Each result that went up, by its call; a call has one."""
    items = [each["item"] for each in events if each["type"] == "conversation.item.create"]
    found = [item for item in items if item["type"] == "function_call_output"]
    by_call = {item["call_id"]: json.loads(item["output"]) for item in found}
    assert len(by_call) == len(found), "a call was answered twice"
    return by_call


def is_neutral(output: Any) -> bool:
    return bool(output.keys() == {"error"} and output["error"]["message"] in NEUTRAL)


def effective(events: list[Event]) -> Event:
    """The session that the provider runs, after every ``session.update``."""
    shape: Event = {}
    for each in events:
        if each["type"] == "session.update":
            shape = _merged(shape, each["session"])
    return shape


def _merged(old: Event, new: Event) -> Event:
    return old | {
        key: _merged(old.get(key) or {}, value) if isinstance(value, dict) else value
        for key, value in new.items()
    }


# -- sessions whose provider the test plays


@asynccontextmanager
async def scripted(desk: Desk) -> AsyncIterator[tuple[Talker, Line, str]]:
    async with scripted_provider(desk.port) as provider:
        ticket = await asyncio.to_thread(desk.ticket)
        async with desk.talk(ticket) as talker:
            yield talker, provider.lines[0], ticket


async def settled(talker: Talker, line: Line, name: str) -> None:
    """The client has seen all that it will see of what was pushed before."""
    await line.push([marker(name)])
    await until(lambda: name in [event["name"] for event in talker.of("test.marker")], 8)


async def answered(line: Line, *call_ids: str) -> dict[str, Any]:
    """The results of these calls, once they have gone up."""
    there: Callable[[], bool] = lambda: set(call_ids) <= outputs(line.heard).keys()  # noqa: E731
    await until(there, 8)
    return outputs(line.heard)
