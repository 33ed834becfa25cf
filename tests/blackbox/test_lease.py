"""The lease of a server process: what it says about its sessions, and what happens when it cannot say it any more."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.blackbox.harness import Stack, eventually
from tests.blackbox.tcp import Switchboard

pytestmark = pytest.mark.slow


def node_of(stack: Stack, session: str) -> dict[str, Any]:
    return stack._rows("SELECT * FROM controlplane_node WHERE id = %s", [stack.binding(session)["node_id"]])[
        0
    ]


async def seen_again(stack: Stack, session: str, seconds: float = 5.0) -> None:
    before = node_of(stack, session)["seen_at"]
    await eventually(lambda: node_of(stack, session)["seen_at"] > before, seconds)


async def test_a_session_runs_in_a_process_that_renews_its_lease(stack):
    ticket = stack.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket):
        assert stack.binding(session)["released_at"] is None
        await seen_again(stack, session)
    await eventually(lambda: stack.binding(session)["released_at"])
    await seen_again(stack, session)  # also while nothing runs


async def test_a_process_that_was_declared_lost_closes_its_sessions_and_never_goes_on_with_them(stack):
    server = stack.serve()
    ticket, later = stack.ticket(), stack.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket, server=server) as talker:
        await seen_again(stack, session)
        node = node_of(stack, session)["id"]
        stack.backstage(
            "from controlplane.operations import nodes\n"
            f"seen = dict(models.Node.objects.filter(pk={str(node)!r}).values_list('pk', 'seen_at'))\n"
            "result = nodes.declare_lost(actor=TESTER, silent=seen)\n"
            "assert result == 1\nsessions.reap_expired(actor=TESTER)"
        )
        assert (await talker.closed(6))[0] in (4500, 4410)
    assert [r["outcome"] for r in stack.records(session, "session.ended")] == ["node_lost"]
    async with stack.talk(later, server=server) as talker:
        await talker.say("hello")
        assert node_of(stack, stack.session_id(later))["id"] != node


@pytest.mark.soak
async def test_nothing_else_that_waits_for_the_database_keeps_the_lease_from_being_renewed(stack):
    """Every thread of the process hangs in a lock, and so does every connection of its pool."""
    ticket = stack.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket) as talker:
        with psycopg.connect(stack.database_url) as blocker:
            blocker.execute("LOCK TABLE controlplane_user IN ACCESS EXCLUSIVE MODE")
            with ThreadPoolExecutor(30) as crowd:
                for _ in range(30):
                    crowd.submit(stack.post_mint)
                for _ in range(3):
                    await seen_again(stack, session)
                blocker.rollback()
                await asyncio.to_thread(crowd.shutdown)
        await talker.say("hello")
        assert talker.heard.startswith("Hello!")


@pytest.mark.soak
async def test_a_process_without_the_database_denies_after_10_s_and_closes_after_30(stack):
    """F20. Nobody could revoke anything meanwhile; and nobody else takes the session over before it is closed."""
    with Switchboard(stack.database_url) as line:
        server = stack.serve(DATABASE_URL=line.url)
        ticket = stack.ticket()
        async with stack.talk(ticket, server=server) as talker:
            line.freeze()
            frozen = time.monotonic()
            await asyncio.sleep(6)
            await talker.say("hello")
            assert talker.heard.startswith("Hello!"), "the conversation goes on"
            code, _ = await talker.closed(40)
            lasted = time.monotonic() - frozen
        assert code == 4500
        assert 25 < lasted < 40
        assert json.dumps(talker.events).count("list_recent_orders") <= 1
        line.mend()
        assert await asyncio.to_thread(stack.wait_for_end, stack.session_id(ticket), 10) == "internal"
        assert len(stack.records(stack.session_id(ticket), "session.ended")) == 1


@pytest.mark.soak
async def test_a_process_that_was_stopped_for_a_minute_comes_back_to_no_session(stack):
    """As a machine that swaps, or is suspended. It has been declared lost in the meantime."""
    server = stack.serve()
    ticket = stack.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket, server=server, ping_interval=None) as talker:
        await seen_again(stack, session)
        server.process.process.send_signal(signal.SIGSTOP)
        stack.backstage(
            "from django.db.models.functions import Now\nfrom datetime import timedelta\n"
            f"models.Node.objects.filter(bindings={session!r}).update(seen_at=Now() - timedelta(seconds=61))\n"
            "sessions.reap_expired(actor=TESTER)"
        )
        assert stack.wait_for_end(session) == "node_lost"
        server.process.process.send_signal(signal.SIGCONT)
        assert (await talker.closed(6))[0] in (4500, 4410)
    assert len(stack.records(session, "session.ended")) == 1
