from __future__ import annotations

import base64

from guard import sandbox
from guard.sandbox.speech import silence, speak
from tests.guard.sandbox.talker import done, joined, kinds, of, talking

HEARS = {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}
EARLY = {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}
TRANSCRIPTION = "conversation.item.input_audio_transcription"


async def test_a_spoken_turn_is_found_transcribed_and_answered_unasked() -> None:
    async with sandbox.running() as provider, talking(provider, audio=HEARS) as talker:
        await talker.append(silence(400) + speak("please list my orders") + silence(400))
        events = await talker.until("rate_limits.updated")
    assert kinds(events)[:6] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    (item_id,) = {event["item_id"] for event in events if event["type"].startswith("input_audio_buffer.")}
    assert of(events, "conversation.item.added")[0]["item"] == {
        "id": item_id,
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    (completed,) = of(events, f"{TRANSCRIPTION}.completed")
    assert completed["transcript"] == "please list my orders"
    assert joined(events, f"{TRANSCRIPTION}.delta").strip() == "please list my orders"
    assert done(events)["output"][0]["name"] == "list_recent_orders"


async def test_the_words_of_the_user_mix_with_the_answer() -> None:
    async with sandbox.running() as provider, talking(provider, audio=HEARS) as talker:
        await talker.append(speak("please list my orders") + silence(400))
        types = [event["type"] for event in await talker.until("rate_limits.updated")]
    assert types.index("response.created") < types.index(f"{TRANSCRIPTION}.delta")
    assert types.index("response.output_item.added") < types.index(f"{TRANSCRIPTION}.completed")


async def test_a_fast_transcriber_is_heard_before_the_user_has_finished() -> None:
    async with sandbox.running() as provider, talking(provider, audio=EARLY) as talker:
        await talker.append(speak("please list my orders") + silence(400))
        types = [event["type"] for event in await talker.until("rate_limits.updated")]
    assert types.index(f"{TRANSCRIPTION}.delta") < types.index("input_audio_buffer.speech_stopped")


async def test_without_transcription_no_word_is_told() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await talker.append(speak("hello") + silence(400))
        events = await talker.until("rate_limits.updated")
    assert not [event for event in events if "transcription" in event["type"]]


async def test_speaking_interrupts_the_answer() -> None:
    async with sandbox.running() as provider, talking(provider, audio=HEARS) as talker:
        provider.fail(provider.connections[0].session.id, delta_seconds=0.005)
        await talker.say("long 50")
        await talker.send("response.create")
        await talker.until("response.output_text.delta")
        await talker.append(speak("say stop now") + silence(400))
        interrupted = await talker.until("response.done")
        answered = await talker.until("response.done")
    assert "input_audio_buffer.speech_started" in kinds(interrupted)
    assert done(interrupted)["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done(answered)["output"][0]["content"][0]["text"] == "stop now"


async def test_an_answer_that_must_not_be_interrupted_goes_on_alone() -> None:
    detection = {"type": "server_vad", "interrupt_response": False}
    audio = {"input": {"turn_detection": detection}}
    async with sandbox.running() as provider, talking(provider, audio=audio) as talker:
        provider.fail(provider.connections[0].session.id, delta_seconds=0.005)
        await talker.say("long 3")
        await talker.send("response.create")
        await talker.until("response.output_text.delta")
        await talker.append(speak("say stop now") + silence(400))
        events = await talker.until("rate_limits.updated")
    assert done(events)["status"] == "completed"
    assert len(of(events, "response.done")) == 1


async def test_a_gated_turn_is_transcribed_but_not_answered() -> None:
    detection = {"type": "server_vad", "create_response": False}
    audio = {"input": {**HEARS["input"], "turn_detection": detection}}
    async with sandbox.running() as provider, talking(provider, audio=audio) as talker:
        await talker.append(speak("hello") + silence(400))
        events = await talker.until(f"{TRANSCRIPTION}.completed")
        assert of(events, "response.created") == []
        assert done(await talker.respond())["output"][0]["content"][0]["text"].startswith("Hello!")


async def test_without_voice_activity_the_client_says_when_its_turn_is_over() -> None:
    audio = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
    async with sandbox.running() as provider, talking(provider, audio=audio) as talker:
        await talker.append(speak("contact") + silence(900))
        await talker.send("input_audio_buffer.commit")
        events = await talker.until(f"{TRANSCRIPTION}.completed")
        await talker.append(speak("forget this"))
        await talker.send("input_audio_buffer.clear")
        await talker.until("input_audio_buffer.cleared")
        await talker.send("input_audio_buffer.commit")
        error = (await talker.next())["error"]
    assert kinds(events)[0] == "input_audio_buffer.committed"
    assert error["code"] == "input_audio_buffer_commit_empty"


async def test_sound_in_an_item_is_heard_and_not_echoed() -> None:
    audio = base64.b64encode(speak("say good evening")).decode()
    item = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio}]}
    async with sandbox.running() as provider, talking(provider, audio=HEARS) as talker:
        await talker.send("conversation.item.create", item=item)
        events = await talker.until(f"{TRANSCRIPTION}.completed")
        answer = done(await talker.respond())
    assert events[0]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert answer["output"][0]["content"][0]["text"] == "good evening"


async def test_foreign_sound_is_speech_that_nobody_understood() -> None:
    async with sandbox.running() as provider, talking(provider, audio=HEARS) as talker:
        await talker.append(b"\x00\x30\x00\xd0" * 6000 + silence(400))
        events = await talker.until("rate_limits.updated")
    assert of(events, f"{TRANSCRIPTION}.completed")[0]["transcript"] == "(unintelligible)"
