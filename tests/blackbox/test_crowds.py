"""Many at once: who is turned away, who is not touched by it, and whose address counts."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.harness import http

pytestmark = pytest.mark.slow

MINTED = "/v1/realtime/client_secrets"


@pytest.fixture
def serve(stack):
    """Starts servers of the test's own on the stack's database."""
    servers = []

    def serve(**environment):
        servers.append(stack.serve(**environment))
        return servers[-1]

    yield serve
    for server in servers:
        server.process.terminate()


@pytest.fixture
def crowd(stack):
    """A role of its own for the test, and three who have it."""
    stack.backstage(
        "from controlplane.operations.policy import publish_policy\n"
        "role, _ = models.Role.objects.update_or_create(name='throng', defaults={'sessions_per_user': None,"
        " 'sessions_at_once': None})\n"
        "for name in ('ann', 'ben', 'cem'):\n"
        "    models.User.objects.get_or_create(username=name)[0].roles.set([role])\n"
        "publish_policy(actor=TESTER, reason='test')"
    )


async def refused(stack, **options):
    with pytest.raises(InvalidStatus) as caught:
        async with stack.talk(**options):
            pass
    return caught.value.response.status_code


def test_t89_a_flood_of_tickets_by_one_user_is_bounded_and_touches_nobody_else(stack, crowd, serve, mark):
    server = serve(TICKETS_PER_MINUTE="40")

    def mint(user):
        return stack.post_mint(user, server=server)

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(status for status, _ in pool.map(mint, ["ann"] * 400))
    assert statuses.keys() == {200, 429}
    issued = stack.wait_for_records(None, "ticket.issued", after=mark)
    by_minute = Counter(record["occurred_at"].replace(second=0, microsecond=0) for record in issued)
    assert statuses[200] == by_minute.total()
    assert max(by_minute.values()) <= 40
    assert mint("ben")[0] == 200
    refusals = stack.wait_for_records(None, "mint.refused", after=mark)
    assert {record["rule"] for record in refusals} == {"rate_limited"}
    assert all("for a user" in record["reason"] for record in refusals)
    assert len(refusals) == statuses[429]


async def test_who_is_refused_again_and_again_is_turned_away_unread(stack, serve, mark):
    server = serve(REFUSALS_PER_MINUTE="5", TRUSTED_PROXIES="127.0.0.1")
    stranger = {"X-Forwarded-For": "198.51.100.66", "Authorization": "Bearer ek_wrong"}
    statuses = [await refused(stack, server=server, headers=stranger) for _ in range(12)]
    assert statuses[:5] == [401] * 5
    assert set(statuses[6:]) == {429}
    assert len(stack.records(None, "ticket.refused", after=mark)) <= 6
    ticket = stack.ticket(server=server)
    neighbour = {"X-Forwarded-For": "198.51.100.67", "Authorization": f"Bearer {ticket}"}
    async with stack.talk(server=server, headers=neighbour) as talker:
        await talker.say("hello")


async def test_t16_only_a_known_proxy_is_believed_about_an_address(stack, serve):
    known = serve(TRUSTED_PROXIES="127.0.0.0/8")
    for server, believed in ((stack.server, "127.0.0.1"), (known, "203.0.113.9")):
        ticket = stack.ticket(server=server)
        headers = {
            "Authorization": f"Bearer {ticket}",
            # The first is what the client said of itself; the proxy put the second behind it.
            "X-Forwarded-For": "192.0.2.1, 203.0.113.9",
        }
        async with stack.talk(server=server, headers=headers):
            pass
        [record] = stack.wait_for_records(stack.session_id(ticket), "session.started")
        assert record["source_ip"] == believed


def test_a_proxy_s_word_counts_at_the_mint_too(stack, serve, mark):
    server = serve(TRUSTED_PROXIES="127.0.0.1")
    headers = {"Authorization": "Bearer sp_wrong", "X-Forwarded-For": "203.0.113.77"}
    status, _ = http("POST", f"{server.base_url}{MINTED}", b"{}", headers)
    assert status == 401
    [record] = stack.wait_for_records(None, "mint.refused", after=mark)
    assert record["source_ip"] == "203.0.113.77"


async def test_caps_on_sessions_hold_across_processes(stack, crowd, serve, mark):
    stack.backstage("edit_role('throng', sessions_at_once=3)")
    servers = [stack.server, serve()]
    tickets = [stack.ticket(user) for user in ("ann", "ben", "cem") * 4]
    entered = []

    async def enter(number, ticket):
        try:
            async with stack.talk(ticket, server=servers[number % 2]) as talker:
                entered.append(ticket)
                await asyncio.sleep(2)
                await talker.say("hello")
        except InvalidStatus as refusal:
            return refusal.response.status_code
        return 101

    statuses = Counter(await asyncio.gather(*(enter(*each) for each in enumerate(tickets))))
    assert statuses == {101: 3, 429: 9}
    refusals = stack.wait_for_records(None, "session.refused", after=mark)
    assert {record["rule"] for record in refusals} == {"sessions_of_role"}
    # Their places are free again, and a ticket that found none is as good as new.
    [late] = [ticket for ticket in tickets if ticket not in entered][:1]
    async with stack.talk(late) as talker:
        await talker.say("hello")


async def test_t95_a_storm_of_connections_binds_nobody_twice(stack, crowd, mark):
    tickets = [stack.ticket("ann") for _ in range(60)]
    admitted, hints = Counter(), set()

    async def enter(ticket):
        """Until the answer is final: who is asked to come back later comes back when it was told to."""
        while True:
            try:
                async with stack.talk(ticket):
                    admitted[ticket] += 1
            except InvalidStatus as refusal:
                if refusal.response.status_code == 401:
                    return
                assert refusal.response.status_code == 503
                hints.add(int(refusal.response.headers["Retry-After"]))
                await asyncio.sleep(random.uniform(0.5, 2))

    await asyncio.gather(*(enter(ticket) for ticket in tickets))
    assert admitted == Counter(tickets)
    assert hints <= set(range(1, 11))
    starts = Counter(record["session_id"] for record in stack.records(None, "session.started", after=mark))
    assert set(starts.values()) == {1}
