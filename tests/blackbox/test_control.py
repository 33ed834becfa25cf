"""An administrator's decision reaches the running session within a second, whoever carries it there."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.blackbox.browser import Browser
from tests.blackbox.harness import PASSWORD, Stack, eventually

pytestmark = pytest.mark.slow

TAKE_BACK = """
models.ToolGrant.objects.filter(role__name="analyst", tool__name="list_recent_orders").update(retired_at=NOW)
edit_role("analyst"); result = time.time()
"""
NOW = "__import__('django.utils.timezone').utils.timezone.now()"


def grant(stack: Stack, granted: bool) -> float:
    """Give the analyst's tool, or take it back. Returns when that was committed."""
    return float(stack.backstage(TAKE_BACK.replace("NOW", "None" if granted else NOW)))


DISABLE = "people.disable_user(actor=TESTER, user=user({user!r}), reason='left'); result = time.time()"


@pytest.fixture
def granted(stack: Stack) -> Iterator[None]:
    yield
    grant(stack, True)


@pytest.fixture
def user(stack: Stack) -> Iterator[str]:
    """A customer support agent of this test alone."""
    name = f"agent{time.time_ns()}"
    stack.backstage(
        f"u = models.User.objects.create_user({name!r}); "
        "u.roles.add(models.Role.objects.get(name='customer_support')); u.save()"
    )
    yield name


def called(talker: Any) -> bool:
    return bool(talker.of("response.function_call_arguments.done"))


async def test_an_edit_changes_the_next_decision_within_a_second(stack, granted):
    ticket = stack.ticket("bob")
    async with stack.talk(ticket) as talker:
        await talker.say("my orders")
        assert called(talker)
    async with stack.talk(stack.ticket("bob")) as talker:
        committed = await asyncio.to_thread(grant, stack, False)
        await asyncio.sleep(max(0, committed + 1.0 - time.time()))
        await talker.say("my orders")
        await talker.wait("response.done", 2)
        assert not called(talker)
        committed = await asyncio.to_thread(grant, stack, True)
        await asyncio.sleep(max(0, committed + 1.0 - time.time()))
        await talker.say("my orders")
        assert called(talker)


async def test_every_decision_names_the_policy_that_took_it(stack, granted):
    ticket = stack.ticket("bob")
    async with stack.talk(ticket) as talker:
        await talker.say("my orders")
        await asyncio.to_thread(grant, stack, False)
        await asyncio.sleep(1.0)
        await talker.say("my orders")
        await talker.wait("response.done", 2)
    first, second = stack.wait_for_records(stack.session_id(ticket), "tool.decided")
    assert (first["outcome"], second["outcome"]) == ("allow", "deny")
    assert first["policy_version"] < second["policy_version"]


async def test_an_edit_on_the_admin_s_pages_reaches_the_session(stack, user):
    """The seed's card pattern is given another replacement in a browser; the next answer shows it."""
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    listing = await asyncio.to_thread(browser.get, "/admin/controlplane/redactionpattern/?q=ssn")
    page = re.search(r'href="(/admin/controlplane/redactionpattern/\d+/change/)[^"]*">ssn<', listing)
    assert page is not None
    async with stack.talk(stack.ticket(user)) as talker:
        await talker.say("what is my ssn?")
        assert "536-22" not in talker.heard
        await asyncio.to_thread(
            browser.submit, page[1], "redactionpattern_form", replacement="<number hidden>"
        )
        committed = time.time()
        await asyncio.sleep(max(0, committed + 1.0 - time.time()))
        await talker.say("what is my ssn?")
        assert "<number hidden>" in talker.heard
        assert "536-22" not in talker.everything()
    await asyncio.to_thread(browser.submit, page[1], "redactionpattern_form", replacement="")


async def test_a_disabled_user_is_out_within_a_second(stack, user):
    ticket = stack.ticket(user)
    async with stack.talk(ticket) as talker:
        await talker.send(*long_turn())
        await talker.wait("response.output_text.delta")
        committed = await asyncio.to_thread(
            stack.backstage,
            DISABLE.format(user=user),
        )
        assert await talker.closed() == (4410, "session_revoked")
        assert talker.events[-1]["error"]["code"] == "session_revoked"
    assert talker.closed_at - committed < 1.0
    session = stack.session_id(ticket)
    assert stack.wait_for_end(session) == "revoked"
    assert len(stack.records(session, "session.ended")) == 1
    await eventually(lambda: not any(one["open"] for one in stack.connections()))


async def test_a_disabled_user_is_out_within_a_second_though_the_client_does_not_read(stack, user):
    ticket = stack.ticket(user)
    async with stack.talk(ticket) as talker:
        talker.reading.cancel()
        talker.connection.transport.pause_reading()
        await talker.send(*long_turn())
        await asyncio.sleep(1.5)
        committed = await asyncio.to_thread(stack.backstage, DISABLE.format(user=user))
        await eventually(lambda: not any(one["open"] for one in stack.connections()))
        assert time.time() - committed < 1.5
        talker.connection.transport.abort()


async def test_an_administrator_ends_a_session_from_the_list(stack, user):
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    ticket = stack.ticket(user)
    session = stack.session_id(ticket)
    async with stack.talk(ticket) as talker:
        path = "/admin/controlplane/sessionbinding/"
        forms = await asyncio.to_thread(browser.forms, path)
        form = next(one for one in forms if one.id == "changelist-form")
        chosen = {**form.values, "action": "end_sessions", "_selected_action": session}
        page = await asyncio.to_thread(browser.post, path, chosen)
        confirm = browser.parse(page)[-1]
        assert confirm.method == "post"
        chosen = {**confirm.values, "reason": "the caller hung up", "apply": "1"}
        await asyncio.to_thread(browser.post, path, chosen)
        assert await talker.closed() == (4410, "session_revoked")
    [record] = stack.wait_for_records(session, "session.ended")
    assert (record["actor_label"], record["reason"]) == ("carol", "the caller hung up")


async def test_a_lock_on_a_role_ends_its_sessions_and_refuses_new_ones(stack):
    async with stack.talk(stack.ticket("carol")) as talker:
        await asyncio.to_thread(
            stack.backstage,
            "from controlplane.operations.locks import raise_lock\n"
            "raise_lock(actor=TESTER, kind='role', target='admin', reason='drill')",
        )
        try:
            assert (await talker.closed())[0] == 4410
            assert stack.post_mint("carol")[0] == 403
        finally:
            stack.backstage(
                "from controlplane.operations.locks import lift_lock\n"
                "for lock in models.Lock.objects.filter(lifted_at=None):\n"
                "    lift_lock(actor=TESTER, lock=lock, reason='over', alone=True)"
            )
    async with stack.talk(stack.ticket("carol")):
        pass


async def test_without_redis_sessions_go_on_and_a_revocation_still_arrives(stack, wired, user):
    """A consumer that listened on the channel layer would be dead with 1011 by now (M2)."""
    server, redis = wired
    ticket = stack.ticket(user)
    async with stack.talk(ticket, server=server) as talker:
        await talker.say("hello")
        redis.cut()
        await asyncio.sleep(3)
        await talker.say("hello")
        assert not talker.reading.done()
        committed = await asyncio.to_thread(stack.backstage, DISABLE.format(user=user))
        assert (await talker.closed())[0] == 4410
        assert talker.closed_at - committed < 5.0


@pytest.mark.soak
async def test_the_doorbell_rings_again_when_redis_is_back(stack, wired, user):
    server, redis = wired
    async with stack.talk(stack.ticket(user), server=server) as talker:
        redis.cut()
        await asyncio.sleep(1)
        redis.mend()
        await asyncio.sleep(7)
        committed = await asyncio.to_thread(stack.backstage, DISABLE.format(user=user))
        assert (await talker.closed())[0] == 4410
        assert talker.closed_at - committed < 1.0


def long_turn() -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": "long 20000"}]
    item = {"type": "message", "role": "user", "content": content}
    return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]
