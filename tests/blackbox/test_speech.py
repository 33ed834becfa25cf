"""The model's voice through the real server: each frame of the sandbox's sound says which words it carries.

Of a part whose transcript hides a word, no frame is heard under ``hold``, and none behind the word's beginning under
``bounded``. What each other policy promises is counted in words, too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from guard.sandbox import Sandbox, running
from guard.sandbox.speech import silence, speak, words_in
from tests.blackbox.browser import Browser
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import PASSWORD, Stack
from tests.blackbox.talker import Talker

pytestmark = pytest.mark.slow

ALOUD = {"session": {"type": "realtime"}}
CARD = "4012 8888 8888 1881"
BEFORE = "Let me look that up for you right now, it will only take me a moment longer than usual:"
AFTER = "is the number that we keep on file for you."
TELLING = f"{BEFORE} {CARD} {AFTER}"
CLEAN = f"{BEFORE} nothing at all {AFTER}"
TELL, CHAT = "tell me my card", "chat with me"
SCRIPT = [
    {"match": {"contains": said}, "answer": [{"say": answer}]}
    for said, answer in ((TELL, TELLING), (CHAT, CLEAN))
]
SLOW = {"word_ms": 600}
"""Speech far slower than 25 letters a second, so that much of the transcript is out before its sound is covered."""

Maker = Callable[..., GuardedRole]


@pytest.fixture
def role(stack: Stack) -> Maker:
    def make(audio: str, **fields: Any) -> GuardedRole:
        name = f"{audio}{time.time_ns()}"
        return GuardedRole(stack, name, catalogue=False, fields={"audio": audio, **fields}).make()

    return make


@asynccontextmanager
async def speaking(
    role: GuardedRole, pace: float = 0.0, **options: Any
) -> AsyncIterator[tuple[Talker, Sandbox]]:
    """A spoken session of the role with a sandbox of its own; ``pace`` seconds pass between two deltas."""
    async with running(port=role.port, **{"chunk": 3, "fixtures": SCRIPT, **options}) as sandbox:
        sandbox.fail(delta_seconds=pace)
        async with role.stack.talk(role.ticket(body=ALOUD)) as talker:
            yield talker, sandbox


def frames_of(talker: Talker) -> list[bytes]:
    return [base64.b64decode(event["delta"]) for event in talker.of("response.output_audio.delta")]


def heard_words(talker: Talker) -> list[str]:
    return words_in(b"".join(frames_of(talker)))


def heard_ms(talker: Talker) -> int:
    return sum(map(len, frames_of(talker))) // 48


def sent_up(sandbox: Sandbox, event_type: str) -> list[dict[str, Any]]:
    events = [json.loads(frame) for frame in sandbox.frames]
    return [event for event in events if event["type"] == event_type]


async def played(talker: Talker, wish: str) -> dict[str, Any]:
    """The response to TELL or CHAT. The user's words cannot hold the card: it would not reach the model."""
    return (await talker.say(wish))["response"]


# -- hold


@pytest.mark.parametrize("chunk", [0, 1, 3, 40])
async def test_t74_under_hold_no_word_of_a_part_with_a_hidden_one_is_heard(role, chunk):
    async with speaking(role("hold"), chunk=chunk) as (talker, _):
        response = await played(talker, TELL)
        assert "REDACTED" in response["output"][0]["content"][0]["transcript"]
        assert heard_words(talker) == [] and frames_of(talker) == []


async def test_t74_under_hold_a_clean_part_is_heard_whole(role):
    async with speaking(role("hold")) as (talker, _):
        await played(talker, CHAT)
        assert heard_words(talker) == CLEAN.split()


async def test_t74_under_hold_one_answer_does_not_silence_the_next(role):
    async with speaking(role("hold")) as (talker, _):
        for wish in (TELL, CHAT, TELL, CHAT):
            await played(talker, wish)
        assert heard_words(talker) == CLEAN.split() * 2


async def test_under_hold_no_sound_leaves_before_its_transcript_is_complete(role):
    async with speaking(role("hold"), pace=0.002) as (talker, _):
        await played(talker, CHAT)
        types = talker.types
        last = len(types) - types[::-1].index("response.output_audio_transcript.delta")
        assert types.index("response.output_audio.delta") >= last


async def test_a_silenced_part_stays_silent_when_it_is_asked_for(role):
    async with speaking(role("hold")) as (talker, _):
        for wish, has_sound in ((TELL, False), (CHAT, True)):
            item = (await played(talker, wish))["output"][0]["id"]
            await talker.send({"type": "conversation.item.retrieve", "item_id": item})
            known = len(talker.of("conversation.item.retrieved"))
            retrieved = (await talker.wait("conversation.item.retrieved", known + 1))[-1]
            assert ("audio" in retrieved["item"]["content"][0]) is has_sound


async def test_that_the_user_speaks_is_told_at_once_while_sound_is_held(role):
    async with speaking(role("hold"), pace=0.02) as (talker, _):
        content = [{"type": "input_text", "text": CHAT}]
        item = {"type": "message", "role": "user", "content": content}
        await talker.send({"type": "conversation.item.create", "item": item}, {"type": "response.create"})
        await talker.wait("response.output_audio_transcript.delta", 3)
        for frame in cut(speak("wait a moment please") + silence(600)):
            await talker.send({"type": "input_audio_buffer.append", "audio": frame})
        await talker.wait("input_audio_buffer.speech_started")
        assert talker.of("response.done") == [] and frames_of(talker) == []
        [done, *_] = await talker.wait("response.done")
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["id"] not in {
            frame["response_id"] for frame in talker.of("response.output_audio.delta")
        }


def cut(sound: bytes, size: int = 4800) -> list[str]:
    return [base64.b64encode(sound[at : at + size]).decode() for at in range(0, len(sound), size)]


# -- bounded


@pytest.mark.parametrize("chunk", [0, 1, 3, 40])
async def test_under_bounded_words_are_heard_up_to_the_hidden_one_and_no_further(role, chunk):
    async with speaking(role("bounded"), chunk=chunk, pace=0.002, **SLOW) as (talker, sandbox):
        response = await played(talker, TELL)
        heard = heard_words(talker)
        assert heard and heard == BEFORE.split()[: len(heard)]
        assert response["status"] == "cancelled"
        [cancel] = sent_up(sandbox, "response.cancel")
        [truncate] = sent_up(sandbox, "conversation.item.truncate")
        assert cancel["response_id"] == response["id"]
        assert truncate["item_id"] == response["output"][0]["id"]
        assert truncate["audio_end_ms"] == heard_ms(talker)


async def test_under_bounded_a_clean_part_is_heard_whole_and_sooner(role):
    async with speaking(role("bounded"), pace=0.002, **SLOW) as (talker, _):
        await played(talker, CHAT)
        assert heard_words(talker) == CLEAN.split()
        first, done = talker.types.index("response.output_audio.delta"), len(talker.types)
        assert talker.types[first:done].count("response.output_audio_transcript.delta") > 10


# -- the others


async def test_under_text_only_nothing_is_heard(role):
    async with speaking(role("text_only")) as (talker, sandbox):
        for wish in (TELL, CHAT):
            await played(talker, wish)
        assert frames_of(talker) == []
        assert {
            update["session"]["output_modalities"][0] for update in sent_up(sandbox, "session.update")
        } == {"text"}


async def test_under_kill_a_hit_stops_the_voice(role):
    async with speaking(role("kill"), pace=0.002) as (talker, sandbox):
        response = await played(talker, TELL)
        [cancel] = sent_up(sandbox, "response.cancel")
        [truncate] = sent_up(sandbox, "conversation.item.truncate")
        assert cancel["response_id"] == response["id"] and response["status"] == "cancelled"
        assert truncate["audio_end_ms"] == heard_ms(talker) > 0
        heard = heard_words(talker)
        assert heard == TELLING.split()[: len(heard)]
        assert len(heard) <= len(f"{BEFORE} {CARD} is".split())


async def test_t74_under_deliver_everything_is_heard_and_the_admin_says_so(stack, role):
    open_handed = role("deliver")
    async with speaking(open_handed) as (talker, _):
        response = await played(talker, TELL)
        assert "REDACTED" in response["output"][0]["content"][0]["transcript"]
        assert heard_words(talker) == TELLING.split()
    browser = Browser(stack.server.base_url)
    await asyncio.to_thread(browser.log_in, "carol", PASSWORD)
    page = await asyncio.to_thread(browser.get, "/admin/")
    assert "Speech is delivered unredacted to" in page and open_handed.name in page
    version = stack.backstage("result = models.PolicyVersion.objects.latest().document")
    assert version["roles"][open_handed.name]["audio"] == "deliver"
    open_handed.edit(audio="hold")


# -- the notice


@pytest.mark.parametrize("audio", ["hold", "bounded", "kill"])
async def test_withheld_speech_is_followed_by_the_notice(role, audio):
    notice = "I am not able to say that aloud."
    async with speaking(role(audio, withheld_notice=notice), pace=0.002, **SLOW) as (talker, sandbox):
        await played(talker, TELL)
        heard = len(frames_of(talker))
        await talker.wait("response.done", 2)
        assert words_in(b"".join(frames_of(talker)[heard:])) == notice.split()
        order = sent_up(sandbox, "response.create")[-1]["response"]
        assert order["conversation"] == "none" and order["input"] == []
        assert CARD not in talker.everything()


async def test_a_clean_answer_is_followed_by_no_notice(role):
    async with speaking(role("hold", withheld_notice="I cannot say that.")) as (talker, sandbox):
        for _ in range(2):
            await played(talker, CHAT)
        assert len(sent_up(sandbox, "response.create")) == 2


async def test_withheld_speech_is_on_record_and_its_words_are_not(stack, role):
    held = role("hold")
    async with running(port=held.port, chunk=3, fixtures=SCRIPT):
        ticket = held.ticket(body=ALOUD)
        async with stack.talk(ticket) as talker:
            await played(talker, TELL)
    [record] = stack.wait_for_records(stack.session_id(ticket), "audio.withheld")
    assert record["fields"]["content_index"] == 0
    assert CARD not in str(stack.records(stack.session_id(ticket)))
