"""Users with budgets, and a provider that says exactly what each response has used."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
import pytest

from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Server, Stack
from tests.blackbox.scripted_provider import Line, ScriptedProvider, marker
from tests.blackbox.talker import Talker
from tests.guard.core.provider import event, response

PRICES = {"text_input": 4, "audio_input": 32, "text_output": 16, "audio_output": 64}
COUNTS = ("milliseconds", "tokens", "audio_milliseconds", "micros")
OVER = (4429, "budget_exhausted")


def budgeted(stack: Stack, prices: Any = PRICES, **budgets: int) -> GuardedRole:
    """A user and a role with these budgets; the provider has prices unless ``prices`` says otherwise."""
    made = GuardedRole(stack, f"budget{time.time_ns()}", catalogue=False).make()
    priced = {"gpt-realtime": prices} if prices else {}
    stack.backstage(f"models.Provider.objects.filter(name={made.name!r}).update(prices={priced!r})")
    made.edit(**budgets)
    return made


@asynccontextmanager
async def talking(role: GuardedRole, server: Server | None = None) -> AsyncIterator[tuple[Talker, Line, str]]:
    """The client, the provider and the id of one session."""
    async with role.provider() as provider, beside(role, provider, server) as found:
        yield found


@asynccontextmanager
async def beside(
    role: GuardedRole, provider: ScriptedProvider, server: Server | None = None
) -> AsyncIterator[tuple[Talker, Line, str]]:
    ticket = role.ticket(server)
    async with role.talk(provider, ticket, server) as (talker, line):
        yield talker, line, role.stack.session_id(ticket)


def begins(id: str, **fields: Any) -> dict[str, Any]:
    audio = {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}
    return response("response.created", id=id, audio=audio, **fields)


def ends(id: str, **usage: int) -> dict[str, Any]:
    return response("response.done", "completed", id=id, usage=usage)


def spoken(id: str, milliseconds: int) -> dict[str, Any]:
    sound = base64.b64encode(bytes(48 * milliseconds)).decode()
    return event(
        "response.output_audio.delta", response_id=id, item_id=f"item_{id}", content_index=0, delta=sound
    )


async def asks(talker: Talker, line: Line, id: str, **usage: int) -> None:
    """A response on request of the client, from its beginning to its end."""
    requests, done = len(line.of("response.create")), len(talker.of("response.done"))
    await talker.send({"type": "response.create"})
    await line.wait("response.create", requests + 1)
    await line.push([begins(id), ends(id, **usage)])
    await talker.wait("response.done", done + 1)


async def passed(talker: Talker, line: Line, name: str) -> None:
    """Whatever was sent before has been looked at."""
    await line.push([marker(name)])
    await talker.wait("test.marker", len(talker.of("test.marker")) + 1)


async def is_over(stack: Stack, talker: Talker, session: str, budget: str, most: int, used: float) -> None:
    """The client is told why, and one record says which budget it was; the terminal one says what was used."""
    closed = await talker.closed()
    assert closed == OVER, closed
    assert talker.events[-1]["error"]["code"] == "budget_exhausted"
    assert await asyncio.to_thread(stack.wait_for_end, session) == "budget_exhausted"
    [record] = stack.records(session, "budget.exhausted")
    fields = record["fields"]
    assert (record["subject"], fields["budget"], fields["most"]) == (budget, budget, most)
    assert fields["used"] == pytest.approx(used, rel=0.05, abs=0.01)
    [last] = stack.records(session, "session.ended")
    assert last["fields"]["usage"] == stack.binding(session)["usage"]
    assert last["fields"]["close_code"] == 4429


async def is_cancelled(line: Line, id: str) -> None:
    cancels = await line.wait("response.cancel")
    assert [each["response_id"] for each in cancels] == [id]


def day_of(stack: Stack, user: str) -> dict[str, int]:
    found = stack.backstage(
        f"result = list(models.DailyUse.objects.filter(user__username={user!r}).values(*{COUNTS!r}))"
    )
    return {
        name: sum(row[name] for row in found)
        for name in ("milliseconds", "tokens", "audio_milliseconds", "micros")
    }


def spent_elsewhere(stack: Stack, user: str, **counts: int) -> None:
    """As by another session of the user, on a process that nobody here knows of."""
    stack.backstage(
        "from controlplane.operations import spending\n"
        "from guard.core.budget import Use\n"
        f"spending._day(spending._ADD, user({user!r}).pk, **spending._columns(Use(**{counts!r})))"
    )


@contextmanager
def ledger_away(stack: Stack) -> Iterator[None]:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("LOCK TABLE controlplane_dailyuse IN ACCESS EXCLUSIVE MODE")
        yield
