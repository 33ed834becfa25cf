"""However a session ends: the client is told why, both sockets close, one terminal record is written."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.blackbox.harness import Server, Stack, eventually
from tests.blackbox.tcp import Switchboard

pytestmark = pytest.mark.slow


def reap_as_lost(stack: Stack, session: str) -> None:
    """Run the sweep twice, as it would be a minute from now."""
    stack.backstage(
        "from django.db.models.functions import Now\nfrom datetime import timedelta\n"
        f"models.Node.objects.filter(bindings={session!r}).update(seen_at=Now() - timedelta(seconds=61))\n"
        "sessions.reap_expired(actor=TESTER); sessions.reap_expired(actor=TESTER)"
    )


async def all_left(stack: Stack) -> None:
    await eventually(lambda: not any(one["open"] for one in stack.connections()), 3)


async def test_a_provider_that_closes_ends_the_session(stack):
    ticket = stack.ticket()
    async with stack.talk(ticket) as talker:
        stack.sandbox("close", code="1011", reason="boom sk-secret")
        assert await talker.closed() == (4502, "upstream_lost")
        assert talker.events[-1]["error"]["code"] == "upstream_lost"
        assert "sk-secret" not in talker.everything()
    assert stack.wait_for_end(stack.session_id(ticket)) == "upstream_lost"


async def test_a_provider_that_vanishes_in_the_middle_of_a_call_executes_nothing(stack):
    ticket = stack.ticket()
    stack.sandbox("faults", drop_after="12", next="1")
    async with stack.talk(ticket) as talker:
        await talker.send(*turn("my orders"))
        assert await talker.closed() == (4502, "upstream_lost")
        assert not talker.of("response.function_call_arguments.done", "response.output_item.done")
    assert stack.wait_for_end(stack.session_id(ticket)) == "upstream_lost"


async def test_the_provider_s_own_limit_reads_as_expiry(stack):
    ticket = stack.ticket()
    stack.sandbox("faults", seconds="1", next="1")
    async with stack.talk(ticket) as talker:
        assert await talker.closed() == (4411, "session_expired")
    assert stack.wait_for_end(stack.session_id(ticket)) == "expired"


@pytest.mark.parametrize(
    "fault", [{"refuse": "401"}, {"mute": "session.created"}, {"ignore_update": "instructions"}]
)
async def test_a_provider_that_cannot_be_locked_is_never_shown_to_the_client(stack, fault):
    """Refused by the provider; silent; or running under other instructions than ours."""
    ticket = stack.ticket()
    stack.sandbox("faults", next="1", **fault)
    async with stack.talk(ticket, locked=False) as talker:
        code, _ = await talker.closed(15)
        assert code in (4500, 4502)
        assert talker.types == ["error"]
    assert stack.wait_for_end(stack.session_id(ticket)) in ("upstream_lost", "internal")
    await all_left(stack)


@pytest.mark.parametrize(
    "kind", ["malformed", "duplicate_key", "deep", "unknown_event", "oversize", "binary"]
)
async def test_a_hostile_provider_s_frame_is_never_passed_on_as_it_is(stack, kind):
    stack.sandbox("faults", inject=kind, next="1")
    async with stack.talk() as talker:
        with contextlib.suppress(AssertionError):
            await talker.say("hello")
        assert "4012" not in talker.everything()


@contextmanager
def audit_that_hangs(stack: Stack) -> Iterator[None]:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("LOCK TABLE audit_record IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def audit_that_refuses(stack: Stack) -> Iterator[None]:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION no_space() RETURNS trigger AS $$ BEGIN RAISE disk_full; END $$ LANGUAGE plpgsql"
        )
        connection.execute(
            "CREATE TRIGGER no_space BEFORE INSERT ON audit_record FOR EACH ROW EXECUTE FUNCTION no_space()"
        )
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION no_space CASCADE")


@pytest.mark.parametrize("trouble", [audit_that_hangs, audit_that_refuses])
async def test_without_the_audit_log_no_call_is_delivered(stack, trouble):
    ticket = stack.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket) as talker:
        with trouble(stack):
            await talker.send(*turn("my orders"))
            assert await talker.closed() == (4507, "audit_unavailable")
            assert not talker.of("response.function_call_arguments.done", "response.output_item.done")
            if trouble is audit_that_refuses:
                assert stack.post_mint()[0] == 503
            await asyncio.sleep(5)  # the end cannot be written either: the process keeps it
            assert stack.binding(session)["state"] == "active"
    assert stack.wait_for_end(session, 10) == "audit_unavailable"
    assert len(stack.records(session, "session.ended")) == 1
    assert stack.binding(session)["released_at"] is not None


async def test_text_goes_on_while_the_audit_log_is_away(stack):
    """Only what must be on record first waits for the record; the rest is written when the log is back."""
    ticket = stack.ticket()
    async with stack.talk(ticket) as talker:
        with audit_that_refuses(stack):
            await talker.say("what is my ssn?")
            assert "536-22" not in talker.heard
        await talker.say("hello")
        await eventually(lambda: stack.records(stack.session_id(ticket), "redaction.hit"))
    assert stack.wait_for_end(stack.session_id(ticket)) == "client_left"


@asynccontextmanager
async def narrow(stack: Stack, ticket: str) -> AsyncIterator[Any]:
    """A client with a small receive buffer, so that the server's end fills up soon."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", stack.server.port))
    line.setblocking(False)
    async with stack.talk(ticket, sock=line) as talker:
        yield talker


async def test_a_client_that_does_not_read_is_cut(stack):
    ticket = stack.ticket()
    async with narrow(stack, ticket) as talker:
        talker.reading.cancel()
        talker.connection.transport.pause_reading()
        await talker.send(*turn("long 20000"))
        assert await asyncio.to_thread(stack.wait_for_end, stack.session_id(ticket), 25) == "slow_client"
        talker.connection.transport.abort()
    await all_left(stack)


async def test_a_client_that_vanishes_leaves_nothing_open(stack):
    ticket = stack.ticket()
    async with stack.talk(ticket) as talker:
        await talker.send(*turn("long 20000"))
        await talker.wait("response.output_text.delta")
        talker.connection.transport.abort()
        assert await asyncio.to_thread(stack.wait_for_end, stack.session_id(ticket)) == "client_left"
    await all_left(stack)


async def test_a_client_that_resets_its_connection_leaves_nothing_open(stack):
    line = socket.create_connection(("127.0.0.1", stack.server.port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
    line.setblocking(False)
    ticket = stack.ticket()
    async with stack.talk(ticket, sock=line) as talker:
        talker.connection.transport.abort()
        assert await asyncio.to_thread(stack.wait_for_end, stack.session_id(ticket)) == "client_left"
    await all_left(stack)


@pytest.mark.soak
async def test_a_client_whose_line_goes_dead_is_noticed(stack):
    """Half open: no FIN, no RST, no answer to a ping."""
    ticket = stack.ticket()
    with Switchboard(stack.server.base_url) as line:
        front = Server(stack.server.process, urlsplit(line.url).port)
        async with stack.talk(ticket, server=front, ping_interval=None) as talker:
            line.freeze()
            session = stack.session_id(ticket)
            assert await asyncio.to_thread(stack.wait_for_end, session, 35) == "client_left"
            talker.connection.transport.abort()
    await all_left(stack)


async def test_the_end_of_a_client_stops_the_response_at_the_provider(stack):
    async with stack.talk() as talker:
        await talker.send(*turn("marker-cancel: long 20000"))
        await talker.wait("response.output_text.delta")
    await eventually(lambda: stack.upstream("marker-cancel")[-1]["type"] == "response.cancel")


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_that_stops_says_so_and_writes_every_end(stack, workers):
    server = stack.serve(workers=workers)
    tickets = [stack.ticket() for _ in range(8)]
    async with contextlib.AsyncExitStack() as talkers:
        talking = [await talkers.enter_async_context(stack.talk(ticket, server=server)) for ticket in tickets]
        await talking[0].send(*turn("long 20000"))
        stopping = asyncio.get_running_loop().create_task(asyncio.to_thread(server.process.terminate))
        for talker in talking:
            assert await talker.closed() == (1012, "draining")
            assert talker.events[-1]["error"]["code"] == "draining"
        await stopping
    for ticket in tickets:
        assert stack.wait_for_end(stack.session_id(ticket)) == "draining"
    await all_left(stack)


async def test_the_sessions_of_a_server_that_was_killed_are_ended_by_the_sweep(stack):
    server = stack.serve()
    ticket = stack.ticket()
    async with stack.talk(ticket, server=server) as talker:
        server.process.kill()
        await talker.closed()
    session = stack.session_id(ticket)
    assert stack.binding(session)["state"] == "active"
    reap_as_lost(stack, session)
    assert stack.wait_for_end(session) == "node_lost"
    assert len(stack.records(session, "session.ended")) == 1
    await all_left(stack)


async def test_hundred_sessions_leave_nothing_behind(stack):
    async def one() -> None:
        async with stack.talk() as talker:
            await talker.say("hello")

    for _ in range(10):
        await asyncio.gather(*(one() for _ in range(10)))
    await all_left(stack)
    pid = stack.server.process.process.pid
    files = await eventually(lambda: len(list_files(pid)) < 80 and list_files(pid))
    assert files


def list_files(pid: int) -> list[str]:
    from pathlib import Path

    return [entry.name for entry in Path(f"/proc/{pid}/fd").iterdir()]


def turn(text: str) -> list[dict[str, Any]]:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]


async def test_a_summary_of_the_session_is_in_its_terminal_record(stack):
    ticket = stack.ticket()
    async with stack.talk(ticket) as talker:
        await talker.say("my orders")
    [record] = await eventually(lambda: stack.records(stack.session_id(ticket), "session.ended"))
    assert record["fields"]["tools_allowed"] == 1
    assert record["fields"]["close_code"] == 1000
    assert json.dumps(record["fields"]["duration_seconds"])
