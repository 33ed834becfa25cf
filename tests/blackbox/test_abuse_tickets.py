"""T1 to T9, T11 and T14 to T16 of the list of abuse: tickets in wrong hands, at wrong times, in wrong places."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.blackbox.harness import Server, Stack
from tests.blackbox.newcomers import Newcomer
from tests.blackbox.refusals import browser_refusal, key, raw, status, upgrade
from tests.blackbox.signed_in import SignedIn

pytestmark = pytest.mark.slow

ATTEMPTS = 50
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def rules(stack: Stack, mark: int, verb: str) -> list[str]:
    return [record["rule"] for record in stack.wait_for_records(None, verb, after=mark)]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "http://localhost"]
)
async def test_t01_a_page_elsewhere_does_not_come_in_even_with_a_good_ticket(stack, origin, mark):
    ticket = stack.ticket()
    assert await browser_refusal(stack, subprotocols=key(ticket), origin=origin) == ("policy_denied", 4403)
    [record] = stack.wait_for_records(None, "session.refused", after=mark)
    assert (record["rule"], record["fields"]["origin"]) == ("origin", origin)
    async with stack.talk(ticket) as talker:
        assert talker.of("session.created")


async def test_t01_two_origins_are_refused(stack, mark):
    bearer = f"Authorization: Bearer {stack.ticket()}"
    answer = raw(stack, upgrade(bearer, "Origin: https://evil.example", f"Origin: {stack.server.origin}"))
    assert b"repeated_header" in answer
    assert rules(stack, mark, "session.refused") == ["repeated_header"]


@pytest.mark.parametrize("ticket", ["ek_unknown", "sk-live", "", "ek_" + "x" * 5000])
async def test_t02_a_key_that_is_no_ticket_is_refused(stack, ticket, mark):
    found, error = await status(stack, ticket=ticket)
    assert (found, error["code"]) == (401, "invalid_api_key")
    assert rules(stack, mark, "ticket.refused") == ["unknown_ticket" if ticket else "no_ticket"]


@pytest.mark.parametrize("subprotocols", [["realtime"], ["realtime", "openai-insecure-api-key."], key("x")])
async def test_t02_a_browser_without_a_ticket_is_refused(stack, subprotocols, mark):
    found = await browser_refusal(stack, subprotocols=subprotocols, origin=stack.server.origin)
    assert found == ("invalid_api_key", 4401)
    assert stack.wait_for_records(None, "ticket.refused", after=mark)


async def test_t02_no_ticket_at_all_is_refused(stack, mark):
    assert (await status(stack, headers={}))[0] == 401
    assert rules(stack, mark, "ticket.refused") == ["no_ticket"]


async def test_t03_a_used_ticket_is_used_and_the_session_that_used_it_goes_on(stack, mark):
    ticket = stack.ticket()
    async with stack.talk(ticket) as talker:
        for _ in range(2):
            assert (await status(stack, ticket=ticket))[0] == 401
        await talker.say("hello")
    assert (await status(stack, ticket=ticket))[0] == 401
    replays = stack.wait_for_records(stack.session_id(ticket), "ticket.replayed", after=mark)
    assert len(replays) == 3


@pytest.fixture(scope="module")
def four_processes(stack: Stack) -> Iterator[list[Server]]:
    servers = [stack.serve() for _ in range(4)]
    yield servers
    for server in servers:
        server.process.terminate()


@pytest.mark.parametrize(
    "rounds", [pytest.param(4), pytest.param(200, marks=pytest.mark.soak)], ids=["200", "10000"]
)
async def test_t04_of_all_who_come_with_one_ticket_to_four_processes_one_is_let_in(
    stack, four_processes, mark, rounds
):
    for _ in range(rounds):
        ticket = stack.ticket()
        outcomes = await race(stack, four_processes, ticket)
        # 503: a busy machine did not come to a decision in time. That lets nobody in.
        assert outcomes["in"] == 1 and outcomes[401] + outcomes[503] == ATTEMPTS - 1, outcomes
        session = stack.session_id(ticket)
        assert len(stack.records(session, "session.started", after=mark)) == 1
        assert len(stack.records(session, "ticket.replayed", after=mark)) == outcomes[401]


async def race(stack: Stack, servers: list[Server], ticket: str) -> Counter[object]:
    leave = asyncio.Event()
    outcomes: Counter[object] = Counter()

    def note(outcome: object) -> None:
        """Whoever is in stays until everybody has had an answer."""
        outcomes[outcome] += 1
        if outcomes.total() == ATTEMPTS:
            leave.set()

    async def enter(server: Server) -> None:
        try:
            async with stack.talk(ticket, server=server):
                note("in")
                await leave.wait()
        except InvalidStatus as refused:
            note(refused.response.status_code)

    turns = itertools.islice(itertools.cycle(servers), ATTEMPTS)
    async with asyncio.timeout(60):
        await asyncio.gather(*(enter(server) for server in turns))
    return outcomes


async def test_t05_a_ticket_is_refused_to_a_browser_that_is_signed_in_as_somebody_else(stack, mark):
    mine, other = Newcomer(stack), Newcomer(stack)
    ticket = mine.ticket()
    cookies = SignedIn(stack.server, other.name).cookies
    headers = {"Authorization": f"Bearer {ticket}", "Cookie": cookies}
    assert (await status(stack, headers=headers))[0] == 401
    assert rules(stack, mark, "ticket.refused") == ["user_mismatch"]
    own = {"Authorization": f"Bearer {ticket}", "Cookie": SignedIn(stack.server, mine.name).cookies}
    async with stack.talk(headers=own) as talker:
        assert talker.of("session.created")


async def test_t06_a_ticket_that_is_bound_to_a_network_is_refused_elsewhere(stack, mark):
    someone = Newcomer(stack, binds_address=True)
    ticket = SignedIn(stack.server, someone.name).ticket()
    options = {"subprotocols": key(ticket), "origin": stack.server.origin}
    elsewhere = await browser_refusal(stack, local_addr=("127.0.7.1", 0), **options)
    assert elsewhere == ("invalid_api_key", 4401)
    [record] = stack.wait_for_records(None, "ticket.refused", after=mark)
    assert (record["rule"], record["source_ip"]) == ("network_mismatch", "127.0.7.1")
    async with stack.talk(headers={}, **options) as talker:
        assert talker.of("session.created")


async def test_t07_a_ticket_that_a_page_asked_for_works_for_that_page_only(stack, mark):
    ticket = SignedIn(stack.server, Newcomer(stack).name).ticket()
    assert (await status(stack, ticket=ticket))[0] == 401
    [record] = stack.wait_for_records(None, "ticket.refused", after=mark)
    assert record["rule"] == "origin_mismatch"


LATE = """
from django.db.models.functions import Now
from datetime import timedelta
models.SessionBinding.objects.filter(pk={session!r}).update(
    created_at=Now() - timedelta(seconds=60), start_by=Now() - timedelta(milliseconds=1))
"""


async def test_t08_a_ticket_is_void_from_its_start_by_on(stack, mark):
    ticket = stack.ticket()
    stack.backstage(LATE.format(session=stack.session_id(ticket)))
    assert (await status(stack, ticket=ticket))[0] == 401
    assert rules(stack, mark, "ticket.expired") == ["expired"]


@pytest.mark.skipif(not FAKETIME.exists(), reason="libfaketime is not installed")
@pytest.mark.parametrize("skew", ["-1h", "+1h"])
async def test_t08_it_is_the_database_s_clock_that_says_so(stack, mark, skew):
    server = stack.serve(LD_PRELOAD=str(FAKETIME), FAKETIME=skew, FAKETIME_DONT_FAKE_MONOTONIC="1")
    try:
        late = stack.ticket(server=server)
        stack.backstage(LATE.format(session=stack.session_id(late)))
        assert (await status(stack, ticket=late, server=server))[0] == 401
        assert rules(stack, mark, "ticket.expired") == ["expired"]
        async with stack.talk(stack.ticket(server=server), server=server) as talker:
            await talker.say("hello")
    finally:
        server.process.terminate()


@pytest.mark.parametrize("setting", ["refuse", "replace"])
async def test_t09_a_session_never_has_two_connections(stack, mark, setting):
    someone = Newcomer(stack, second_connection=setting)
    ticket = someone.ticket()
    session = stack.session_id(ticket)
    async with stack.talk(ticket) as first:
        fresh = someone.fresh(session)
        if setting == "refuse":
            found, error = await status(stack, ticket=fresh)
            assert (found, error["code"]) == (409, "policy_denied")
            assert await browser_refusal(stack, subprotocols=key(fresh), origin=stack.server.origin) == (
                "policy_denied",
                4409,
            )
            await first.say("hello")
        else:
            async with stack.talk(fresh) as second:
                assert await first.closed() == (4409, "policy_denied")
                await second.say("hello")
    duplicates = stack.wait_for_records(session, "session.duplicate", after=mark)
    assert {record["outcome"] for record in duplicates} == {"refused" if setting == "refuse" else "replaced"}


@pytest.mark.parametrize("name", ["api_key", "token", "ticket"])
async def test_t11_a_ticket_in_the_query_string_is_refused_and_written_nowhere(stack, name, mark):
    ticket = stack.ticket()
    found, error = await status(stack, headers={}, query=f"model=gpt-realtime&{name}={ticket}")
    assert (found, error["code"]) == (400, "key_in_query")
    [record] = stack.wait_for_records(None, "session.refused", after=mark)
    assert ticket not in json.dumps(record, default=str)
    assert ticket not in stack.server.process.output()


async def test_t14_a_ticket_of_one_session_is_nothing_to_another(stack, mark):
    someone = Newcomer(stack)
    one, two = someone.ticket(), someone.ticket()
    async with stack.talk(one), stack.talk(two) as talker:
        of_one = someone.fresh(stack.session_id(one))
        await talker.send({"type": "sallyport.reauthenticate", "ticket": of_one})
        assert (await talker.wait("error"))[0]["error"]["code"] == "invalid_api_key"
        found, answer = someone.show(stack.session_id(two), json.dumps({"ticket": of_one}).encode())
        assert (found, answer["error"]["code"]) == (401, "invalid_api_key")
        refused = stack.wait_for_records(stack.session_id(two), "ticket.refused", after=mark)
        assert [record["rule"] for record in refused] == ["other_session"] * 2
        found, _ = someone.show(stack.session_id(one), json.dumps({"ticket": of_one}).encode())
        assert found == 200


async def test_t15_a_ticket_from_before_a_log_out_everywhere_is_void(stack, mark):
    someone = Newcomer(stack)
    before = someone.ticket()
    stack.backstage(f"people.log_out_everywhere(actor=TESTER, user=user({someone.name!r}), reason='lost')")
    assert (await status(stack, ticket=before))[0] == 401
    [record] = stack.wait_for_records(stack.session_id(before), "session.ended", after=mark)
    assert (record["outcome"], record["reason"]) == ("revoked", "lost")
    async with stack.talk(someone.ticket()) as talker:
        assert talker.of("session.created")


async def test_t16_an_address_that_is_forwarded_is_not_believed(stack):
    ticket = stack.ticket()
    headers = {
        "Authorization": f"Bearer {ticket}",
        "X-Forwarded-For": "203.0.113.9",
        "Daphne-Root-Path": "/x",
    }
    async with stack.talk(headers=headers):
        pass
    [record] = stack.wait_for_records(stack.session_id(ticket), "session.started")
    assert record["source_ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(["X-Odd: a\x0bb"], id="vertical tab"),
        pytest.param(["X-Odd: " + "x" * 100_000], id="100 KB"),
        pytest.param([f"X-Odd-{number}: x" for number in range(1000)], id="1,000 headers"),
        pytest.param(["X-Odd: a\x00b"], id="NUL"),
    ],
)
async def test_t16_a_head_that_is_no_head_is_400(stack, headers):
    bearer = f"Authorization: Bearer {stack.ticket()}"
    before = len(stack.connections())
    answer = raw(stack, upgrade(bearer, *headers))
    assert b" 400 " in answer.splitlines()[0] or b" 431 " in answer.splitlines()[0], answer[:200]
    assert len(stack.connections()) == before


async def test_t16_a_body_before_the_upgrade_smuggles_nothing(stack):
    bearer = f"Authorization: Bearer {stack.ticket()}"
    before = len(stack.connections())
    smuggled = upgrade(bearer, "Transfer-Encoding: chunked") + b"0\r\n\r\n" + upgrade(bearer)
    answer = raw(stack, smuggled)
    assert b" 101 " not in answer.splitlines()[0] or answer.count(b"HTTP/1.1") == 1
    assert len(stack.connections()) <= before + 1
