"""Against a server on a real socket."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from guard import lines
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer, EngineQuestion
from guard.engines import MAX_ANSWER_BYTES, OpaEngines
from guard.ports import Unavailable
from tests.guard.asking import Clock, Keys
from tests.guard.engine_server import RULES, EngineServer
from tests.guard.tool_server import Mood

KEY = "opa-key-0123456789"
ALLOWED = EngineAnswer(Decision.ALLOW)


class Asking:
    """``ask`` ends after ten seconds, whatever hangs."""

    def __init__(self, server: EngineServer) -> None:
        self.server = server
        self.clock = Clock()
        self.keys = Keys()
        self.keys.key = KEY
        self.engines = OpaEngines(self.keys, self.clock)
        self.url = f"{server.url}{RULES}"

    async def ask(self, amount=50, tool="refund", deadline=5.0, url="", role="shop") -> EngineAnswer:
        asked = {
            "user": {"name": "alice", "attributes": {"region": "north"}},
            "role": role,
            "tool": tool,
            "arguments": {"amount": amount},
            "session": {"id": "s"},
            "decision": "allow",
        }
        question = EngineQuestion(1, Engine(url or self.url, deadline, role), asked)
        async with asyncio.timeout(10):
            return await self.engines.ask(question)

    async def answered(self, answer: bytes) -> EngineAnswer:
        self.server.mood = Mood(answer=answer)
        return await self.ask()

    async def fail(self, times: int, mood: Mood | None = None) -> list[str]:
        self.server.mood = mood or Mood(status=500)
        failures = [(await self.ask()).failure for _ in range(times)]
        self.server.mood = Mood()
        return failures


@pytest.fixture
async def asking():
    server = EngineServer()
    await server.start()
    asking = Asking(server)
    yield asking
    await asking.engines.close()
    server.stop()


# -- questions and answers


async def test_the_engine_is_asked_with_the_whole_input(asking):
    assert await asking.ask() == ALLOWED
    [call] = asking.server.calls
    assert (call.method, call.path) == ("POST", RULES)
    assert list(call.event) == ["input"]
    assert call.event["input"]["arguments"] == {"amount": 50}
    assert call.event["input"]["user"]["attributes"] == {"region": "north"}
    assert call.headers["accept-encoding"] == "identity"


async def test_an_engine_decides_and_gives_a_reason(asking):
    assert await asking.ask(amount=101) == EngineAnswer(Decision.REQUIRE_APPROVAL, "more than 100")


async def test_an_engine_without_a_rule_gives_no_answer(asking):
    assert await asking.ask(tool="unknown") == EngineAnswer(failure="undefined")


async def test_no_answer_is_remembered(asking):
    for _ in range(3):
        await asking.ask()
    assert len(asking.server.calls) == 3
    assert asking.server.connections == 1


# -- the key


async def test_the_key_is_sent_as_a_bearer_token(asking):
    await asking.ask()
    assert asking.server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert asking.keys.asked == [("shop", asking.url)]


async def test_two_roles_show_one_engine_a_key_each(asking):
    await asking.ask()
    asking.keys.key = "opa-key-of-the-analysts"
    await asking.ask(role="analyst")
    sent = [call.headers["authorization"] for call in asking.server.calls]
    assert sent == [f"Bearer {KEY}", "Bearer opa-key-of-the-analysts"]


async def test_without_a_key_no_header_is_sent(asking):
    asking.keys.key = ""
    await asking.ask()
    assert "authorization" not in asking.server.calls[0].headers


async def test_without_an_answer_about_the_key_nothing_is_sent(asking):
    asking.keys.key = Unavailable("the database did not answer in time")
    assert (await asking.ask()).failure == "connection"
    assert asking.server.calls == []


# -- an engine that is broken or means harm


@pytest.mark.parametrize("mood", [Mood(delay=60), Mood(drip=0.01)], ids=["silence", "drip"])
async def test_the_deadline_is_over_the_whole_answer(asking, mood):
    asking.server.mood = mood
    assert await asking.ask(deadline=0.1) == EngineAnswer(failure="timeout")


async def test_the_deadline_is_over_the_key_too(asking):
    asking.keys.delay = 60
    assert await asking.ask(deadline=0.1) == EngineAnswer(failure="timeout")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 503])
async def test_only_a_good_status_is_an_answer(asking, status):
    asking.server.mood = Mood(status=status, answer=b'{"result":true}', headers={"Location": asking.url})
    assert await asking.ask() == EngineAnswer(failure="status")
    assert len(asking.server.calls) == 1, "a redirect was followed"


async def test_an_answer_is_read_up_to_a_bound(asking):
    fits = b'{"result":true}'.ljust(MAX_ANSWER_BYTES)
    assert await asking.answered(fits) == ALLOWED
    assert await asking.answered(fits + b" ") == EngineAnswer(failure="shape")


async def test_a_packed_answer_is_not_unpacked(asking):
    asking.server.mood = Mood(answer=b'{"result":true}', headers={"Content-Encoding": "gzip"})
    assert await asking.ask() == EngineAnswer(failure="shape")


async def test_an_engine_that_hangs_up_or_is_not_there_gives_no_answer(asking):
    asking.server.mood = Mood(cut=0)
    assert await asking.ask() == EngineAnswer(failure="connection")
    assert len(asking.server.calls) == 1
    for nowhere in ("http://127.0.0.1:1/v1/data/x", "nonsense", "file:///v1/data", "http://[::1"):
        assert await asking.ask(url=nowhere) == EngineAnswer(failure="connection")


async def test_what_is_no_json_is_not_asked_and_tells_its_type_only(asking, caplog):
    question = EngineQuestion(1, Engine(asking.url, 5.0), {"arguments": {"ab"}})
    assert await asking.engines.ask(question) == EngineAnswer(failure="connection")
    assert asking.server.calls == []
    assert [record.getMessage() for record in caplog.records] == ["the decision engine: TypeError"]


async def test_proxies_and_cookies_have_no_say(asking, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    asking.server.mood = Mood(answer=b'{"result":true}', headers={"Set-Cookie": "who=you; Path=/"})
    assert (await asking.ask(), await asking.ask()) == (ALLOWED, ALLOWED)
    assert "cookie" not in asking.server.calls[1].headers


# -- the line


async def test_five_failures_in_a_row_stop_the_questions(asking):
    assert await asking.fail(7) == ["status"] * 5 + ["circuit_open"] * 2
    assert len(asking.server.calls) == 5


async def test_after_the_pause_one_question_tries_for_all(asking):
    await asking.fail(5)
    asking.clock.now += 10
    assert await asking.ask() == ALLOWED
    assert await asking.ask() == ALLOWED


async def test_one_that_is_down_does_not_stop_the_questions_to_another(asking):
    await asking.fail(5)
    assert await asking.ask(url=f"{asking.url}/other") == ALLOWED


@pytest.mark.parametrize("answer", [b"{}", b'{"result":1}'], ids=["undefined", "shape"])
async def test_an_answer_that_depends_on_the_question_does_not_count_as_being_down(asking, answer):
    """Else one user with odd arguments closes the line for all the others."""
    failures = await asking.fail(8, Mood(answer=answer))
    assert "circuit_open" not in failures
    assert await asking.ask() == ALLOWED


async def test_questions_to_one_engine_are_bounded(asking, monkeypatch):
    monkeypatch.setattr(lines, "MAX_ASKED_AT_ONCE", 2)
    asking.server.mood = Mood(delay=0.05, answer=b'{"result":true}')
    assert set(await asyncio.gather(*(asking.ask() for _ in range(6)))) == {ALLOWED}
    assert asking.server.most_at_once == 2


async def test_every_change_of_the_circuit_is_one_warning(asking, caplog):
    await asking.fail(8)
    asking.clock.now += 10
    await asking.ask()
    assert [record.getMessage() for record in caplog.records] == [
        "the decision engine keeps failing (status) and is tried once in 10 s only",
        "the decision engine answers again",
    ]


async def test_neither_questions_nor_keys_nor_answers_are_logged(asking, caplog):
    caplog.set_level(logging.DEBUG)
    answer = json.dumps({"result": {"allow": False, "reason": "because of Dana"}}).encode()
    for mood in (Mood(answer=answer), Mood(answer=answer, status=500), Mood(cut=0), Mood(answer=b"Dana")):
        asking.server.mood = mood
        await asking.ask()
    assert "httpcore" in caplog.text, "the library's own lines are not in the net"
    for secret in ("Dana", "alice", "north", KEY):
        assert secret not in caplog.text
