"""Calls of tools over HTTP, against a server on a real socket."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from types import MappingProxyType

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from guard import lines
from guard.core.running import ToolAnswer
from guard.ports import Unavailable
from guard.tasks import spawn
from tests.fakes import until
from tests.guard.running import ARGUMENTS, SECRET, SESSION, Running
from tests.guard.tool_server import Mood, ToolServer

NAME = f"{SESSION}:call_1"


@pytest.fixture
async def running():
    server = ToolServer()
    await server.start()
    running = Running(server)
    yield running
    await running.tools.close()
    server.stop()


# -- what is sent


async def test_a_call_is_sent_and_its_answer_is_the_body_as_it_came(running):
    running.server.mood = Mood(answer='{"name":"Sørensen"}\x07\n'.encode())
    assert await running.run() == ToolAnswer('{"name":"Sørensen"}\x07\n')
    [call] = running.server.calls
    assert (call.method, call.path) == ("POST", "/tools/orders")
    assert call.event["type"] == "tool.call"
    assert datetime.fromisoformat(call.event["timestamp"]).utcoffset().total_seconds() == 0
    assert call.event["data"] == {
        "tool": "orders",
        "call_id": "call_1",
        "session_id": SESSION,
        "arguments": ARGUMENTS,
        "policy_version": 7,
    }
    assert call.headers["content-type"] == "application/json"
    assert call.headers["accept-encoding"] == "identity"


async def test_an_answer_without_a_body_is_an_empty_text(running):
    running.server.mood = Mood(status=204, answer=b"")
    assert await running.run() == ToolAnswer("")


async def test_arguments_go_as_they_were_judged(running):
    """A half of a UTF-16 pair, and a number that other writers would round."""
    odd = MappingProxyType({"text": "\ud83d", "number": 2**70, "nested": [{"null": None}]})
    await running.run(arguments=odd)
    assert running.server.calls[0].event["data"]["arguments"] == dict(odd)


async def test_the_receiver_verifies_the_signature_with_the_library(running):
    await running.run()
    [call] = running.server.calls
    assert call.headers["webhook-id"] == NAME
    assert Webhook(SECRET).verify(call.body, call.headers)["data"]["arguments"] == ARGUMENTS
    assert running.secrets.asked == [("orders", f"{running.server.url}/tools/orders")]


@pytest.mark.parametrize(
    "change",
    [
        {"body": lambda body: body.replace(b"Dana", b"Dona")},
        {"webhook-id": lambda name: name.replace("call_1", "call_2")},
        {"webhook-timestamp": lambda second: str(int(second) + 1)},
    ],
    ids=["arguments", "id", "time"],
)
async def test_what_was_tampered_with_is_not_verified(running, change):
    await running.run()
    [call] = running.server.calls
    [(what, tamper)] = change.items()
    body = tamper(call.body) if what == "body" else call.body
    headers = call.headers if what == "body" else call.headers | {what: tamper(call.headers[what])}
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SECRET).verify(body, headers)


async def test_without_a_secret_the_call_is_not_signed_and_still_named(running):
    running.secrets.answer = ""
    await running.run()
    [call] = running.server.calls
    assert "webhook-signature" not in call.headers
    assert (call.headers["webhook-id"], call.headers["idempotency-key"]) == (NAME, NAME)


async def test_another_call_of_the_same_id_has_another_name(running):
    for call_id, use in (("call_1", 1), ("call_1", 2), ("2:call_1", 1), ("call_1", 12)):
        await running.run(call_id=call_id, use=use)
    names = [call.headers["idempotency-key"] for call in running.server.calls]
    assert names[:2] == [NAME, NAME.replace(":", ".2:", 1)]
    assert len(set(names)) == 4
    assert [call.headers["webhook-id"] for call in running.server.calls] == names


@pytest.mark.parametrize("secret", ["whsec_", "whsec_a", Unavailable("no database"), RuntimeError(SECRET)])
async def test_a_secret_that_is_none_sends_nothing(running, secret, caplog):
    running.secrets.answer = secret
    assert await running.run() == ToolAnswer(failure="connection")
    assert running.server.calls == []
    assert SECRET not in caplog.text


# -- the claim


async def test_the_call_is_claimed_before_anything_else(running):
    await running.run()
    assert running.claim.asked == [(SESSION, running.execution())]


async def test_a_call_whose_permission_is_gone_is_not_made(running):
    running.claim.answer = False
    assert await running.run() == ToolAnswer(failure="revoked")
    assert (running.secrets.asked, running.server.connections) == ([], 0)


async def test_without_an_answer_about_the_permission_nothing_is_sent(running, caplog):
    running.claim.answer = Unavailable("the database did not answer in time")
    assert await running.run() == ToolAnswer(failure="connection")
    assert not caplog.records, "it is no fault of ours"
    assert (running.secrets.asked, running.server.connections) == ([], 0)


async def test_a_call_that_waits_for_its_turn_is_claimed_when_its_turn_comes(running, monkeypatch):
    monkeypatch.setattr(lines, "MAX_ASKED_AT_ONCE", 1)
    running.server.mood = Mood(delay=60)
    first = spawn(running.run(), "first")
    await until(lambda: running.server.calls)
    second = spawn(running.run(call_id="call_2"), "second")
    await asyncio.sleep(0.05)
    assert len(running.claim.asked) == 1
    running.claim.answer = False
    first.cancel()
    assert (await second).failure == "revoked"


# -- the deadline


@pytest.mark.parametrize(
    "mood",
    [Mood(delay=60), Mood(drip=0.01, answer=b"x" * 1000), Mood(drip=0.01, endless=True)],
    ids=["silence", "drip", "endless"],
)
async def test_the_deadline_is_over_the_whole_answer(running, mood):
    chunked = {"Content-Length": str(10**9)} if mood.endless else {}
    running.server.mood = Mood(**(vars(mood) | {"headers": chunked}))
    assert await running.run(deadline=0.2) == ToolAnswer(failure="timeout")
    assert len(running.server.calls) == 1, "a call that had been heard was made again"


@pytest.mark.parametrize("port", ["claim", "secrets"])
async def test_the_deadline_is_over_the_questions_to_the_control_plane_too(running, port):
    getattr(running, port).delay = 60
    assert await running.run(deadline=0.1) == ToolAnswer(failure="timeout")
    assert running.server.calls == []


async def test_who_stops_waiting_is_let_go(running):
    running.server.mood = Mood(delay=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await running.run()


# -- connections


async def test_one_connection_serves_one_call_after_another(running):
    for n in range(5):
        await running.run(call_id=f"call_{n}")
    assert (running.server.connections, len(running.server.effects)) == (1, 5)


async def test_calls_of_one_endpoint_are_bounded_and_others_are_not_held_up(running, monkeypatch):
    monkeypatch.setattr(lines, "MAX_ASKED_AT_ONCE", 2)
    running.server.mood = Mood(delay=0.05)
    await asyncio.gather(*(running.run(call_id=f"call_{n}") for n in range(6)))
    assert running.server.most_at_once == 2
    await asyncio.gather(*(running.run(tool=f"tool{n}") for n in range(4)))
    assert running.server.most_at_once == 4


async def test_connections_come_back_from_calls_that_ran_out_of_time(running, monkeypatch):
    monkeypatch.setattr("guard.executions.MAX_CONNECTIONS", 2)
    running.server.mood = Mood(delay=60)
    assert {(await running.run(deadline=0.05)).failure for _ in range(6)} == {"timeout"}
    running.server.mood = Mood()
    assert await running.run() == ToolAnswer('{"ok":true}')


# -- once more


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_closes_before_an_answer_is_tried_once_more_with_one_effect(running, reset):
    """T66: the key is the same, so the tool does its work once."""
    running.server.mood = Mood(cut=0, times=1, reset=reset)
    assert await running.run() == ToolAnswer('{"ok":true}')
    first, second = running.server.calls
    assert first == second
    assert running.server.effects == {NAME}
    assert len(running.claim.asked) == 1


async def test_no_call_is_made_a_third_time(running):
    running.server.mood = Mood(cut=0)
    assert await running.run() == ToolAnswer(failure="connection")
    assert (len(running.server.calls), running.server.effects) == (2, {NAME})


@pytest.mark.parametrize("cut", [1, 9, 40, 75], ids=["a byte", "a word", "headers", "a body"])
@pytest.mark.parametrize("reset", [False, True])
async def test_a_call_whose_answer_had_begun_is_not_made_again(running, cut, reset):
    running.server.mood = Mood(cut=cut, reset=reset)
    assert await running.run() == ToolAnswer(failure="connection")
    assert len(running.server.calls) == 1


async def test_a_kept_connection_that_had_answered_before_counts_as_unanswered_again(running):
    await running.run()
    running.server.mood = Mood(cut=0, times=2)
    assert await running.run(call_id="call_2") == ToolAnswer('{"ok":true}')
    assert (len(running.server.calls), running.server.connections) == (3, 2)


async def test_nobody_there_is_tried_once_more(running):
    port = running.server.port
    running.server.stop()
    task = spawn(running.run(), "call")
    await until(lambda: running.names.asked)
    await running.server.start(port)
    assert await task == ToolAnswer('{"ok":true}')


async def test_a_call_is_not_made_again_when_no_time_is_left(running):
    running.server.mood = Mood(cut=0, times=1)
    assert await running.run(deadline=0.09) == ToolAnswer(failure="connection")
    assert len(running.server.calls) == 1


# -- what is told


async def test_neither_arguments_nor_answers_nor_secrets_are_logged(running, caplog):
    caplog.set_level(logging.DEBUG)
    answer = json.dumps({"card": "4111 1111 1111 1111"}).encode()
    for mood in (Mood(answer=answer), Mood(answer=answer, status=500), Mood(cut=0), Mood(answer=b"\xff")):
        running.server.mood = mood
        await running.run()
    await running.run(arguments={"customer": {"Dana"}})
    assert "httpcore" in caplog.text, "the library's own lines are not in the net"
    assert "tool orders: TypeError" in caplog.text
    for secret in ("Dana", "4111", SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in caplog.text
