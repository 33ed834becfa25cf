"""Many sessions at once, each of a user of its own, all in one role; and what takes them away, with the moment of the
commit by this machine's clock."""

from __future__ import annotations

import asyncio
import contextlib
import textwrap
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.blackbox.harness import Server, Stack
from tests.blackbox.talker import Talker

AT_ONCE = 8
_MAKE = """
role = models.Role.objects.create(name={name!r}, provider=models.Provider.objects.filter(name={provider!r}).first())
models.ToolGrant.objects.create(role=role, tool=models.Tool.objects.get(name="list_recent_orders"))
names = [f"{name}-{{number}}" for number in range({size})]
for user in models.User.objects.bulk_create([models.User(username=each) for each in names]):
    user.roles.add(role)
edit_role({name!r})
"""
_TIMED = """
from django.db import transaction
from audit.actors import of_user
from controlplane.operations import keys, locks, revocation, rows
at = []
with transaction.atomic():
    transaction.on_commit(lambda: at.append(time.time()))  # before the nudge, which may take its time
{work}
result = at[0]
"""


class Crowd:
    def __init__(self, stack: Stack, name: str, size: int, provider: str = "") -> None:
        self._stack, self.name, self.size = stack, name, size
        self._provider = provider

    def make(self) -> Crowd:
        self._stack.backstage(_MAKE.format(name=self.name, size=self.size, provider=self._provider))
        return self

    def ticket(self, number: int, server: Server | None = None) -> str:
        return self._stack.ticket(f"{self.name}-{number}", self.name, server=server)

    @asynccontextmanager
    async def talking(self, servers: Sequence[Server]) -> AsyncIterator[list[Talker]]:
        """All of them connected, taking turns on the servers."""
        turn = asyncio.Semaphore(AT_ONCE)
        async with contextlib.AsyncExitStack() as doors:

            async def enter(number: int) -> Talker:
                server = servers[number % len(servers)]
                async with turn:
                    ticket = await asyncio.to_thread(self.ticket, number, server)
                    return await doors.enter_async_context(self._stack.talk(ticket, server=server))

            yield list(await asyncio.gather(*(enter(number) for number in range(self.size))))


def committed(stack: Stack, work: str) -> float:
    """Runs ``work`` backstage in one transaction: when it had committed, before anybody was told."""
    return float(stack.backstage(_TIMED.format(work=textwrap.indent(work, "    "))))


def lock(stack: Stack, kind: str, target: str = "") -> float:
    return committed(
        stack, f"locks.raise_lock(actor=TESTER, kind={kind!r}, target={target!r}, reason='drill')"
    )


def lift_all(stack: Stack) -> None:
    stack.backstage(
        "from controlplane.operations import locks\n"
        "for lock in models.Lock.objects.filter(lifted_at=None):\n"
        "    locks.lift_lock(actor=TESTER, lock=lock, reason='drill over', alone=True)"
    )


async def delays(talkers: Sequence[Talker], since: float, seconds: float = 40.0) -> list[float]:
    """How long after ``since`` each of them had its last byte, once all are closed."""
    closes: list[Any] = [talker.closed(seconds) for talker in talkers]
    codes = await asyncio.gather(*closes)
    assert {code for code, _ in codes} == {4410}, codes
    return sorted(talker.closed_at - since for talker in talkers)


def end(stack: Stack, session_id: str) -> float:
    one = f"models.SessionBinding.objects.filter(pk={session_id!r})"
    return committed(stack, f"revocation.end_sessions(actor=TESTER, chosen={one}, reason='drill')")


def named(test: str) -> str:
    return f"{test}_{uuid.uuid4().hex[:6]}"


def terminal(stack: Stack, session: str) -> list[tuple[str, str]]:
    """Outcome and reason of the terminal records of a session that has ended."""
    stack.wait_for_end(session)
    return [(each["outcome"], each["reason"]) for each in stack.records(session, "session.ended")]


async def speak(talker: Talker, text: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await talker.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
