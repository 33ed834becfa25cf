"""T10, T12, T13, T17 and T18 of the list of abuse: sessions of others, and sessions that should be over."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.blackbox.harness import PASSWORD, Stack, eventually, http
from tests.blackbox.newcomers import Newcomer
from tests.blackbox.processes import free_port
from tests.blackbox.signed_in import SignedIn

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("way", ["ask", "show", "read", "end"])
async def test_t10_a_session_of_somebody_else_looks_like_none(stack, mark, way):
    mine, other = Newcomer(stack), Newcomer(stack)
    ticket = mine.ticket()
    session = stack.session_id(ticket)

    def attempt(name: str) -> tuple[int, Any]:
        if way == "ask":
            return mine.ask(name, user=other.name)
        if way == "show":
            return mine.show(name, b'{"ticket": "ek_guess"}', user=other.name)
        person = SignedIn(stack.server, other.name)
        method, path, body = ("GET", "", None) if way == "read" else ("POST", "/end", b'{"reason": "mine"}')
        headers = {"Cookie": person.cookies, "X-CSRFToken": person.token, "Origin": person.base_url}
        return http(method, f"{person.base_url}/api/sessions/{name}{path}", body, headers)

    async with stack.talk(ticket) as talker:
        theirs, absent = attempt(session), attempt(str(uuid.uuid4()))
        assert theirs[0] == absent[0] == 404
        assert theirs[1] == absent[1]
        await talker.say("hello")
    assert len(stack.wait_for_records(None, "access.denied", after=mark)) == 2
    assert stack.wait_for_end(session) == "client_left"


def out(stack: Stack, someone: Newcomer, browser: SignedIn) -> None:
    browser.sign_out()


def password(stack: Stack, someone: Newcomer, browser: SignedIn) -> None:
    stack.backstage(f"u = user({someone.name!r}); u.set_password('another-one-5'); u.save()")


def disabled(stack: Stack, someone: Newcomer, browser: SignedIn) -> None:
    stack.backstage(f"people.disable_user(actor=TESTER, user=user({someone.name!r}), reason='left')")


def everywhere(stack: Stack, someone: Newcomer, browser: SignedIn) -> None:
    stack.backstage(f"people.log_out_everywhere(actor=TESTER, user=user({someone.name!r}), reason='lost')")


def role(stack: Stack, someone: Newcomer, browser: SignedIn) -> None:
    stack.backstage(
        f"role = models.Role.objects.get(name={someone.name!r})\n"
        f"people.remove_role(actor=TESTER, user=user({someone.name!r}), role=role, reason='moved')"
    )


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (out, "signed_out"),
        (password, "password_changed"),
        (disabled, "left"),
        (everywhere, "lost"),
        (role, "moved"),
    ],
)
async def test_t12_who_is_out_is_out_of_the_session_within_a_second(
    stack, end: Callable[..., None], why: str
):
    someone = Newcomer(stack)
    browser = SignedIn(stack.server, someone.name)
    ticket, unused = browser.ticket(), browser.ticket()
    session = stack.session_id(ticket)
    options = {"subprotocols": ["realtime", f"openai-insecure-api-key.{ticket}"], "headers": {}}
    async with stack.talk(origin=stack.server.origin, **options) as talker:
        await talker.say("hello")
        await asyncio.to_thread(end, stack, someone, browser)
        over = time.time()
        assert await talker.closed() == (4410, "session_revoked")
        assert talker.closed_at - over < 1.0
    [record] = await eventually(lambda: stack.records(session, "session.ended"))
    assert (record["outcome"], record["rule"] or record["reason"]) == ("revoked", why)
    assert stack.binding(stack.session_id(unused))["state"] == "ended"
    await eventually(lambda: not any(one["open"] for one in stack.connections()))


async def test_t12_another_sign_in_of_the_same_person_goes_on(stack):
    someone = Newcomer(stack)
    here, there = SignedIn(stack.server, someone.name), SignedIn(stack.server, someone.name)
    ticket = there.ticket()
    options = {"subprotocols": ["realtime", f"openai-insecure-api-key.{ticket}"], "headers": {}}
    async with stack.talk(origin=stack.server.origin, **options) as talker:
        here.sign_out()
        await asyncio.sleep(1.5)
        await talker.say("hello")


def test_t12_a_changed_password_ends_the_other_sign_ins(stack, mark):
    someone = Newcomer(stack)
    browser = SignedIn(stack.server, someone.name)
    stack.backstage(f"u = user({someone.name!r}); u.set_password({PASSWORD!r}); u.save()")
    assert browser.ask()[0] == 401
    [record] = stack.wait_for_records(None, "user.password_changed", after=mark)
    assert record["fields"]["username"] == someone.name


def test_t13_a_page_elsewhere_cannot_ask_with_somebody_s_cookie(stack, mark):
    someone = Newcomer(stack)
    browser = SignedIn(stack.server, someone.name)
    found, answer = browser.ask(forge=True)
    assert (found, answer["error"]["code"]) == (403, "csrf_failed")
    [record] = stack.wait_for_records(None, "mint.refused", after=mark)
    assert (record["rule"], record["actor_label"]) == ("csrf_failed", someone.name)


async def test_t17_the_absolute_limit_holds_without_redis_beat_and_worker(stack):
    someone = Newcomer(stack, max_session_seconds=3)
    server = stack.serve(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    ticket = someone.ticket(server)
    began = time.time()
    try:
        async with stack.talk(ticket, server=server) as talker:
            await talker.send(*turn("long 20000"))
            assert await talker.closed() == (4411, "session_expired")
        assert 2.5 < talker.closed_at - began < 4.5
        assert talker.of("error")[-1]["error"]["code"] == "session_expired"
        assert stack.wait_for_end(stack.session_id(ticket)) == "expired"
    finally:
        server.process.terminate()


@pytest.mark.parametrize("noise", ["pings", "silence"])
async def test_t18_pings_and_silence_keep_no_session_alive(stack, noise):
    someone = Newcomer(stack, idle_seconds=2)
    ticket = someone.ticket()
    async with stack.talk(ticket, ping_interval=0.2 if noise == "pings" else None) as talker:
        while not talker.reading.done():
            with contextlib.suppress(Exception):
                await says(talker, noise)
            await asyncio.sleep(0.2)
        assert await talker.closed() == (4408, "session_expired")
    assert stack.wait_for_end(stack.session_id(ticket)) == "idle"


def says(talker: Any, noise: str) -> Awaitable[Any]:
    if noise == "pings":
        return talker.connection.ping()
    return talker.send({"type": "input_audio_buffer.append", "audio": "AAAA" * 100})


def turn(text: str) -> list[dict[str, Any]]:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]
