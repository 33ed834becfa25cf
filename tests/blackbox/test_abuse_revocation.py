"""T80 to T84: what was taken away is away. The normal run is a small round of each, within the bound of a process that
hears no doorbell; the full size and the exact bounds are for ``-m soak``, on a machine that has nothing else to do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.blackbox import crowd
from tests.blackbox.crowd import Crowd
from tests.blackbox.desk import Desk, ticket_of
from tests.blackbox.harness import Server, Stack, eventually
from tests.blackbox.processes import free_port
from tests.blackbox.scripted_provider import Line, marker, scripted_provider
from tests.blackbox.talker import Talker
from tests.blackbox.tcp import Switchboard

pytestmark = pytest.mark.slow

UNHEARD = 5.0
"""Seconds from the commit when nobody rings: a look every two, and a busy machine."""
EACH_SECOND = 50
APPEND = {"type": "input_audio_buffer.append", "audio": "AAAA" * 100}
SOAK = pytest.mark.soak


def sizes(normal: int, full: int, bound: float) -> list[Any]:
    """How many, and how long it may take."""
    return [
        pytest.param(normal, UNHEARD, id=str(normal)),
        pytest.param(full, bound, marks=SOAK, id=str(full)),
    ]


async def all_left(stack: Stack) -> None:
    await eventually(lambda: not any(one["open"] for one in stack.connections()), 5)


# -- T80


@asynccontextmanager
async def pouring(*sends: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Each of them again and again, fifty times a second, whether or not anybody listens."""

    async def pour(send: Callable[[], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(ConnectionClosed, OSError):
                await send()
            await asyncio.sleep(1 / EACH_SECOND)

    tasks = [asyncio.get_running_loop().create_task(pour(send)) for send in sends]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.mark.parametrize(("rounds", "bound"), sizes(1, 200, 1.0))
async def test_t80_after_a_revocation_no_frame_goes_either_way(
    stack: Stack, rounds: int, bound: float
) -> None:
    desk = await asyncio.to_thread(Desk(stack, crowd.named("t80"), {}, port=free_port()).make)
    async with scripted_provider(desk.port) as provider:
        for _ in range(rounds):
            ticket = await ticket_of(desk)
            async with desk.talk(ticket) as talker:
                await revoked_in_the_flood(stack, ticket, talker, provider.lines[-1], bound)


async def revoked_in_the_flood(stack: Stack, ticket: str, talker: Talker, line: Line, bound: float) -> None:
    session = await asyncio.to_thread(stack.session_id, ticket)
    async with pouring(lambda: talker.send(APPEND), lambda: line.push([marker("x")])):
        await eventually(lambda: len(talker.of("test.marker")) > 20 and len(line.heard) > 20)
        since = await asyncio.to_thread(crowd.end, stack, session)
        assert await talker.closed() == (4410, "session_revoked")
        await asyncio.sleep(max(0.0, since + bound - time.time()))
        seen = len(talker.frames), len(line.heard)
        await asyncio.sleep(0.5)
        assert (len(talker.frames), len(line.heard)) == seen
    assert talker.closed_at - since < bound
    assert talker.events[-1]["error"]["code"] == "session_revoked"
    assert await asyncio.to_thread(crowd.terminal, stack, session) == [("revoked", "drill")]


async def test_t80_the_answer_under_way_is_cancelled_at_the_provider(stack: Stack) -> None:
    ticket = await asyncio.to_thread(stack.ticket)
    session = await asyncio.to_thread(stack.session_id, ticket)
    word = crowd.named("t80")
    async with stack.talk(ticket) as talker:
        await crowd.speak(talker, f"{word}: long 20000")
        await talker.wait("response.output_text.delta")
        await asyncio.to_thread(crowd.end, stack, session)
        assert (await talker.closed())[0] == 4410
    await eventually(lambda: stack.upstream(word)[-1]["type"] == "response.cancel")
    await all_left(stack)
    assert await asyncio.to_thread(crowd.terminal, stack, session) == [("revoked", "drill")]


# -- T81


async def test_t81_a_lock_before_the_handshake_refuses_it(stack: Stack) -> None:
    one = await asyncio.to_thread(Crowd(stack, crowd.named("t81"), 1).make)
    ticket = await asyncio.to_thread(one.ticket, 0)
    session = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(crowd.lock, stack, "role", one.name)
    with pytest.raises(InvalidStatus) as refused:
        async with stack.talk(ticket, locked=False):
            pass
    assert refused.value.response.status_code == 403
    [record] = await asyncio.to_thread(stack.records, session, "session.refused")
    assert record["rule"] == "lock:role"
    assert stack.records(session, "session.started") == []
    await asyncio.to_thread(crowd.lift_all, stack)


async def test_t81_a_revocation_while_the_provider_is_still_silent_lets_nobody_in(stack: Stack) -> None:
    ticket = await asyncio.to_thread(stack.ticket)
    session = await asyncio.to_thread(stack.session_id, ticket)
    await asyncio.to_thread(stack.sandbox, "faults", mute="session.created", next="1")
    async with stack.talk(ticket, locked=False) as talker:
        await asyncio.sleep(0.2)
        await asyncio.to_thread(crowd.end, stack, session)
        assert await talker.closed() == (4410, "session_revoked")
        assert talker.types == ["error"]
    await all_left(stack)
    assert await asyncio.to_thread(crowd.terminal, stack, session) == [("revoked", "drill")]


@pytest.mark.parametrize(("rounds", "bound"), sizes(6, 200, 2.0))
async def test_t81_who_is_just_coming_in_is_refused_or_sent_away(
    stack: Stack, rounds: int, bound: float
) -> None:
    chance = random.Random(81)
    for _ in range(rounds):
        ticket = await asyncio.to_thread(stack.ticket)
        session = await asyncio.to_thread(stack.session_id, ticket)
        coming = asyncio.get_running_loop().create_task(come_in(stack, ticket))
        await asyncio.sleep(chance.random() * 0.1)
        since = await asyncio.to_thread(crowd.end, stack, session)
        closed_at = await coming
        assert closed_at is None or closed_at - since < bound
        assert await asyncio.to_thread(crowd.terminal, stack, session) == [("revoked", "drill")]
    await all_left(stack)


async def come_in(stack: Stack, ticket: str) -> float | None:
    """When the server closed; None when it did not let us in."""
    try:
        async with stack.talk(ticket, locked=False) as talker:
            assert await talker.closed(15) == (4410, "session_revoked")
            return talker.closed_at
    except InvalidStatus as refused:
        assert refused.response.status_code in (401, 403)
        return None


# -- T83


@pytest.mark.parametrize("spoil", [Switchboard.cut, Switchboard.freeze])
async def test_t83_without_redis_a_lock_on_everything_arrives_all_the_same(
    stack: Stack, wired: tuple[Server, Switchboard], spoil: Callable[[Switchboard], None]
) -> None:
    server, redis = wired
    crowded = await asyncio.to_thread(Crowd(stack, crowd.named("t83"), 5).make)
    mark = await asyncio.to_thread(stack.last_record)
    async with crowded.talking([server]) as talkers:
        spoil(redis)
        await asyncio.sleep(1)
        try:
            since = await asyncio.to_thread(crowd.lock, stack, "everything")
            assert (await crowd.delays(talkers, since))[-1] < UNHEARD
        finally:
            await asyncio.to_thread(crowd.lift_all, stack)
    ends = await asyncio.to_thread(stack.wait_for_records, None, "session.ended", after=mark)
    assert {each["outcome"] for each in ends} == {"locked"}
    locks = await asyncio.to_thread(stack.records, None, "lock.raised", "lock.lifted", after=mark)
    about = [each for each in locks if each["fields"]["target_kind"] == "everything"]
    assert [(each["verb"], each["rule"]) for each in about] == [("lock.raised", ""), ("lock.lifted", "alone")]


# -- T84


@pytest.mark.parametrize(("size", "bound"), sizes(24, 200, 2.0))
async def test_t84_a_lock_on_a_role_ends_all_its_sessions_at_once(
    stack: Stack, size: int, bound: float
) -> None:
    """In two processes, and though one of the clients does not read."""
    second = await asyncio.to_thread(stack.serve)
    crowded = await asyncio.to_thread(Crowd(stack, crowd.named("t84"), size).make)
    mark = await asyncio.to_thread(stack.last_record)
    async with crowded.talking([stack.server, second]) as talkers:
        stalled, *reading = talkers
        stalled.connection.transport.pause_reading()
        await asyncio.sleep(bound)
        since = await asyncio.to_thread(crowd.lock, stack, "role", crowded.name)
        assert (await crowd.delays(reading, since))[-1] < bound
        await all_left(stack)
        stalled.connection.transport.abort()

    def all_ended() -> list[Any]:
        found = stack.records(None, "session.ended", after=mark)
        return found if len(found) >= size else []

    ends = await eventually(all_ended, 20)
    assert {each["outcome"] for each in ends} == {"locked"}
    assert len({each["session_id"] for each in ends}) == len(ends) == size, "one terminal record each"
    await asyncio.to_thread(second.process.terminate)
