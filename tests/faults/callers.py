"""Callers who keep talking, whatever happens: words, a secret that must be hidden, a tool call now and then."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from websockets.exceptions import ConnectionClosed

from tests.blackbox.harness import Stack
from tests.blackbox.processes import Server
from tests.blackbox.talker import Talker
from tests.faults.history import CARD, Call

WORDS = ("hello", f"say My card is {CARD} thanks", "long 300")
CALLS = (*WORDS, "my orders")


class Caller:
    """``call`` is its history; ``answered`` counts turns that came to their end."""

    def __init__(self, call: Call, talker: Talker) -> None:
        self.call = call
        self.talker = talker
        self.answered = 0
        self._results: set[str] = set()

    @property
    def is_alive(self) -> bool:
        return not self.talker.reading.done()

    async def keep_talking(self, script: Sequence[str]) -> None:
        for text in itertools.cycle(script):
            with suppress(TimeoutError, AssertionError, ConnectionClosed):
                await self.talker.say(text)
                self.answered += 1
                await self._answer_calls()
            if self.talker.reading.done():
                return
            await asyncio.sleep(0.1)

    async def _answer_calls(self) -> None:
        for event in self.talker.of("response.function_call_arguments.done"):
            if event["call_id"] not in self._results:
                self._results.add(event["call_id"])
                await self.talker.answer(event["call_id"], {"orders": []})


@asynccontextmanager
async def callers(
    stack: Stack, number: int, servers: Sequence[Server], user: str = "alice", script: Sequence[str] = CALLS
) -> AsyncIterator[list[Caller]]:
    """So many sessions, spread over the servers, all talking. Their histories are complete once the block is over."""
    found: list[Caller] = []
    over = asyncio.Event()
    everybody_is_in = asyncio.Barrier(number + 1)

    async def session(server: Server) -> None:
        ticket = await asyncio.to_thread(stack.ticket, user, server=server)
        call = Call(ticket, await asyncio.to_thread(stack.session_id, ticket))
        async with stack.talk(ticket, server=server) as talker:
            caller = Caller(call, talker)
            found.append(caller)
            await everybody_is_in.wait()
            await _talk(caller, script, over)

    async with asyncio.TaskGroup() as group:
        for index in range(number):
            group.create_task(session(servers[index % len(servers)]))
        await everybody_is_in.wait()
        try:
            yield found
        finally:
            over.set()


async def _talk(caller: Caller, script: Sequence[str], over: asyncio.Event) -> None:
    """Until the test is over or the session is; then the history is complete."""
    talker, call = caller.talker, caller.call
    talking, waiting = (
        asyncio.get_running_loop().create_task(work) for work in (caller.keep_talking(script), over.wait())
    )
    try:
        await asyncio.wait([waiting, talker.reading], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (talking, waiting):
            task.cancel()
        await asyncio.wait([talking, waiting])
    call.frames = [frame for frame in talker.frames if isinstance(frame, str)]
    if talker.reading.done():
        call.code, call.reason = talker.connection.close_code, talker.connection.close_reason
        call.closed_at = talker.closed_at


async def everybody_still_talks(found: Sequence[Caller], at_least: float = 0.0) -> None:
    """Nobody is closed for ``at_least`` so many seconds, and everybody comes to the end of another turn."""
    before = [caller.answered for caller in found]
    await asyncio.sleep(at_least)
    async with asyncio.timeout(40):
        while not all(caller.answered > turns for caller, turns in zip(found, before, strict=True)):
            assert all(caller.is_alive for caller in found), [caller.talker.types[-3:] for caller in found]
            await asyncio.sleep(0.1)
    assert all(caller.is_alive for caller in found)
