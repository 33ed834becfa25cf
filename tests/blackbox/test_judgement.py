"""Classifiers and gated turns through real processes: words are judged before they are heard or answered."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any
from zlib import crc32

import pytest

from guard.sandbox.speech import silence, speak
from tests.blackbox.harness import Stack
from tests.blackbox.talker import Talker
from tests.guard.judge_server import JudgeServer, Mood

pytestmark = pytest.mark.slow

SPOKEN = {"session": {"type": "realtime", "output_modalities": ["text"]}}
ROLE = """
role, _ = models.Role.objects.get_or_create(name={name!r}, defaults={fields!r})
models.User.objects.get_or_create(username="judged")[0].roles.add(role)  # nobody else gets a second role
models.Classifier.objects.filter(name={name!r}).update(retired_at=__import__("django.utils.timezone").utils.timezone.now())
if {ask!r}:
    row = models.Classifier.objects.create(name={name!r} + "_judge", **{ask!r})
    row.roles.add(role)
    row.set_api_key("judge-key-of-the-tests"); row.save()
edit_role("analyst")
"""


@pytest.fixture
async def judge() -> AsyncIterator[JudgeServer]:
    server = JudgeServer()
    await server.start()
    yield server
    server.stop()


@pytest.fixture
def role(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes a role of this test's own, and takes its classifier away afterwards."""
    name = f"judged_{crc32(request.node.nodeid.encode())}"

    def make(ask: dict[str, Any] | None = None, **fields: Any) -> str:
        stack.backstage(ROLE.format(name=name, fields=fields, ask=ask or {}))
        return name

    yield make
    stack.backstage(
        f"models.Classifier.objects.filter(name={name + '_judge'!r}).delete(); edit_role('analyst')"
    )


def asking(judge: JudgeServer, **fields: Any) -> dict[str, Any]:
    return {"url": f"{judge.url}/plain", "direction": "both", **fields}


def talking(stack: Stack, role: str) -> Any:
    return stack.talk(stack.ticket("judged", role, SPOKEN))


def said(talker: Talker) -> list[str]:
    """The finished texts, as their last copy shows them."""
    done = talker.of("response.done")
    return [
        item["content"][0]["text"]
        for event in done
        for item in event["response"]["output"]
        if item["content"]
    ]


async def test_a_flagged_sentence_never_reaches_the_client(stack, judge, role):
    async with talking(stack, await asyncio.to_thread(role, asking(judge, direction="to_client"))) as talker:
        await talker.say("say All is well. This is forbidden fruit. And more.")
        assert said(talker) == ["All is well.[WITHHELD]"]
        assert talker.heard == "All is well.[WITHHELD]"
        assert "fruit" not in str(
            talker.of("response.done", "response.output_item.done", "response.output_text.done")
        )
    asked = [each.body["text"] for each in judge.questions]
    assert asked[:2] == ["All is well.", " This is forbidden fruit."]
    assert judge.questions[0].headers["authorization"] == "Bearer judge-key-of-the-tests"


async def test_a_name_is_hidden_in_both_directions(stack, judge, role):
    name = await asyncio.to_thread(role, asking(judge, on_finding="hide"))
    ticket = stack.ticket("judged", name, SPOKEN)
    async with stack.talk(ticket) as talker:
        await talker.say("say I met Dana Whitfield today.")
        assert said(talker) == ["I met [PERSON_REDACTED] today."]
        assert "Whitfield" not in "".join(event["delta"] for event in talker.of("response.output_text.delta"))
    upstream = stack.upstream("I met [PERSON_REDACTED] today.")
    assert "Whitfield" not in str(upstream)
    records = stack.records(stack.session_id(ticket))
    assert {record["verb"] for record in records} >= {"classifier.found"}
    assert "Whitfield" not in str(records)


async def test_flagged_words_of_the_user_never_reach_the_provider(stack, judge, role):
    async with talking(stack, await asyncio.to_thread(role, asking(judge))) as talker:
        await talker.say("hello")
        item = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "a forbidden wish"}],
        }
        await talker.send({"type": "conversation.item.create", "item": item})
        [error] = await talker.wait("error")
        assert error["error"]["code"] == "policy_denied"
        assert "forbidden" not in talker.everything()
    assert not any("forbidden wish" in str(one["frames"]) for one in stack.connections())


async def test_an_endpoint_that_is_down_withholds(stack, judge, role):
    name = await asyncio.to_thread(role, asking(judge, direction="to_client", deadline_ms=200))
    judge.stop()
    async with talking(stack, name) as talker:
        await talker.say("say All is well.")
        assert talker.heard == "[WITHHELD]"


async def test_a_slow_endpoint_delays_nothing_but_what_waits_for_it(stack, judge, role):
    name = await asyncio.to_thread(role, asking(judge, direction="to_client", deadline_ms=5000))
    judge.mood = Mood(delay=1.5)
    async with talking(stack, name) as talker:
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as together:
            together.create_task(talker.say("say All is well."))
            await talker.wait("response.content_part.added")
            assert talker.heard == ""
        assert asyncio.get_running_loop().time() - began >= 1.5
        assert talker.heard == "All is well."


def sound(text: str) -> list[dict[str, Any]]:
    audio = speak(text) + silence(1200)
    return [
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio[at : at + 4800]).decode()}
        for at in range(0, len(audio), 4800)
    ]


GATED = {"gated_turns": True, "transcription_model": "gpt-transcribe"}


async def test_a_clean_turn_is_answered_by_the_guards_request(stack, role):
    async with talking(stack, await asyncio.to_thread(role, **GATED)) as talker:
        await talker.send(*sound("say good morning"))
        await talker.wait("response.done")
        assert said(talker) == ["good morning"]
    newest = stack.connections()[-1]["frames"]
    assert sum('"response.create"' in frame["text"] for frame in newest) == 1


async def test_a_turn_with_a_card_is_forgotten_and_not_answered(stack, role):
    name = await asyncio.to_thread(role, **GATED)
    ticket = stack.ticket("judged", name, SPOKEN)
    async with stack.talk(ticket) as talker:
        await talker.send(*sound("my card is 4111 1111 1111 1111"))
        await talker.wait("conversation.item.deleted")
        await talker.send({"type": "response.create"})
        await talker.wait("response.done")
        assert "4111 1111" not in talker.everything()
        assert not any("4111" in text for text in said(talker))  # the model no longer knows it
        codes = [event["error"]["code"] for event in talker.of("error")]
        assert codes == ["policy_denied"]
    [record] = stack.records(stack.session_id(ticket), "turn.refused")
    assert record["fields"]["patterns"]


async def test_a_client_cannot_get_an_early_answer(stack, role):
    async with talking(stack, await asyncio.to_thread(role, **GATED)) as talker:
        await talker.send(
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "audio": {"input": {"turn_detection": {"type": "server_vad", "create_response": True}}},
                },
            }
        )
        [updated] = await talker.wait("session.updated")
        assert updated["session"]["audio"]["input"]["turn_detection"]["create_response"] is False
        await talker.send(*sound("say 4111 1111 1111 1111"), {"type": "response.create"})
        await talker.wait("response.done")
        assert not any("4111" in text or "REDACTED" in text for text in said(talker))
