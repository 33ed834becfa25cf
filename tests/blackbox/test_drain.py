"""A server that is told to stop: not ready at once, nothing new, sessions told, then closed with 1012."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.balancer import Balancer
from tests.blackbox.harness import Server, Stack, eventually, http
from tests.blackbox.talker import Talker

pytestmark = pytest.mark.slow


def pid_of(server: Server) -> Any:
    return server.process.process


def ask_to_stop(server: Server, number: signal.Signals = signal.SIGTERM) -> None:
    pid_of(server).send_signal(number)


async def told(talker: Talker) -> None:
    await eventually(lambda: [e for e in talker.of("error") if e["error"]["code"] == "draining"])


async def exited(server: Server, seconds: float = 15.0) -> None:
    await eventually(lambda: pid_of(server).poll() is not None, seconds)


def node_of(stack: Stack, session: str) -> dict[str, Any]:
    return stack._rows("SELECT * FROM controlplane_node WHERE id = %s", [stack.binding(session)["node_id"]])[
        0
    ]


@pytest.mark.parametrize("workers", [1, 2])
async def test_sessions_may_come_to_an_end_by_themselves(stack, workers):
    server = stack.serve(workers=workers, DRAIN_SECONDS="30")
    tickets, spare = [stack.ticket() for _ in range(4)], stack.ticket()
    async with contextlib.AsyncExitStack() as talkers:
        talking = [await talkers.enter_async_context(stack.talk(ticket, server=server)) for ticket in tickets]
        ask_to_stop(server)
        for talker in talking:
            await told(talker)
        status, body = await asyncio.to_thread(http, "GET", f"{server.base_url}/readyz")
        assert (status, body["checks"]["draining"]) == (503, "is about to stop")
        assert (await asyncio.to_thread(stack.post_mint, server=server))[0] == 503
        with pytest.raises(InvalidStatus) as refused:
            async with stack.talk(spare, server=server):
                pass
        assert refused.value.response.status_code == 503
        for talker in talking:
            await talker.say("hello")  # the conversation goes on
            assert talker.heard.startswith("Hello!")
    await exited(server)
    for ticket in tickets:
        assert stack.wait_for_end(stack.session_id(ticket)) == "client_left"
    async with stack.talk(spare):
        pass  # the ticket was not used up: another server takes it
    assert node_of(stack, stack.session_id(tickets[0]))["stopped_at"] is not None


@pytest.mark.parametrize("workers", [1, 2])
async def test_when_the_time_is_over_sessions_are_closed_with_1012_and_on_record(stack, workers):
    server = stack.serve(workers=workers, DRAIN_SECONDS="2")
    tickets = [stack.ticket() for _ in range(6)]
    async with contextlib.AsyncExitStack() as talkers:
        talking = [await talkers.enter_async_context(stack.talk(ticket, server=server)) for ticket in tickets]
        ask_to_stop(server)
        began = time.monotonic()
        for talker in talking:
            assert await talker.closed(10) == (1012, "draining")
        assert time.monotonic() - began > 1.5
    await exited(server)
    for ticket in tickets:
        assert stack.wait_for_end(stack.session_id(ticket)) == "draining"
    node = node_of(stack, stack.session_id(tickets[0]))
    [record] = [r for r in stack.records(None, "node.stopped") if r["subject"] == str(node["id"])]
    assert (record["outcome"], record["fields"]["sessions"]) == ("stopped", 0)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_who_insists_gets_the_end_at_once_still_with_last_words_and_records(stack, workers, number):
    server = stack.serve(workers=workers, DRAIN_SECONDS="60")
    ticket = stack.ticket()
    async with stack.talk(ticket, server=server) as talker:
        ask_to_stop(server)
        await told(talker)
        await asyncio.sleep(2)  # workers take what comes sooner for an echo of the first signal
        ask_to_stop(server, number)
        assert await talker.closed(10) == (1012, "draining")
    await exited(server)
    assert stack.wait_for_end(stack.session_id(ticket)) == "draining"


async def test_a_browser_that_comes_too_late_reads_why(stack):
    server = stack.serve(DRAIN_SECONDS="30")
    ticket = stack.ticket()
    async with stack.talk(server=server) as talker:
        ask_to_stop(server)
        await told(talker)
        offered = ["realtime", f"openai-insecure-api-key.{ticket}"]
        late = stack.talk(
            ticket, headers={}, subprotocols=offered, origin=stack.server.origin, locked=False, server=server
        )
        async with late as second:
            assert await second.closed() == (1012, "draining")
            assert second.events[0]["error"]["code"] == "draining"
    assert stack.binding(stack.session_id(ticket))["state"] == "pending"
    await exited(server)


@pytest.mark.soak
async def test_a_rolling_restart_loses_no_new_connection(stack):
    first, second = stack.serve(DRAIN_SECONDS="3"), stack.serve(DRAIN_SECONDS="3")
    tickets: list[str] = []
    codes: set[int] = set()
    stopping = asyncio.Event()

    async def one(port: int) -> None:
        tickets.append(ticket := await asyncio.to_thread(stack.ticket))
        front = Server(first.process, port)
        async with stack.talk(ticket, server=front) as talker:
            await talker.say("hello")
            with contextlib.suppress(TimeoutError, AssertionError):
                codes.add((await talker.closed(1.0))[0])

    async def coming(port: int) -> None:
        while not stopping.is_set():
            await one(port)

    async with Balancer(first, second) as balancer:
        clients = [asyncio.get_running_loop().create_task(coming(balancer.port)) for _ in range(4)]
        await asyncio.sleep(2)
        for number, old in enumerate((first, second)):
            ask_to_stop(old)
            await exited(old, 20)
            balancer.servers[number] = await asyncio.to_thread(stack.serve, DRAIN_SECONDS="3")
        await asyncio.sleep(1)
        stopping.set()
        await asyncio.gather(*clients)
        assert balancer.refused == 0
    assert codes <= {1012}
    assert len(tickets) > 8
    for ticket in tickets:
        assert stack.wait_for_end(stack.session_id(ticket)) in ("client_left", "draining")
