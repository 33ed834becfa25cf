"""The order of events, as the recordings of the real service show it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from guard import sandbox
from guard.sandbox import speech
from tests.guard.sandbox.talker import Talker, done, joined, kinds, of, sound, talking

OPENING = ["response.created", "response.output_item.added", "conversation.item.added"]
CLOSING = ["conversation.item.done", "response.output_item.done", "response.done", "rate_limits.updated"]


async def test_the_first_event_is_the_session_with_its_defaults() -> None:
    async with (
        sandbox.running(seconds=3600) as provider,
        connect(f"{provider.url}?model=gpt-realtime") as socket,
    ):
        (event,) = await Talker(socket).until("session.created")
    assert list(event) == ["type", "event_id", "session"]
    session = event["session"]
    assert session["object"] == "realtime.session"
    assert session["model"] == "gpt-realtime"
    assert session["output_modalities"] == ["audio"]
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["expires_at"] > 1_700_000_000


async def test_a_text_turn_has_the_order_of_the_recordings() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        events = await talker.turn("hello")
    parts = ["response.content_part.added", "response.output_text.delta", "response.output_text.done"]
    assert kinds(events) == [*OPENING, *parts, "response.content_part.done", *CLOSING]


async def test_every_carrier_of_a_text_holds_the_same_text() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        events = await talker.turn("my card is 4111 1111 1111 1111")
        item_id = done(events)["output"][0]["id"]
        await talker.send("conversation.item.retrieve", item_id=item_id)
        retrieved = await talker.next()
    text = joined(events, "response.output_text.delta")
    assert "4012 8888 8888 1881" in text
    assert of(events, "response.output_text.done")[0]["text"] == text
    assert of(events, "response.content_part.done")[0]["part"] == {"type": "text", "text": text}
    content = [{"type": "output_text", "text": text}]
    assert of(events, "conversation.item.done")[0]["item"]["content"] == content
    assert of(events, "response.output_item.done")[0]["item"]["content"] == content
    assert done(events)["output"][0]["content"] == content
    assert retrieved["item"]["content"] == content


async def test_deltas_are_short_and_padded_to_sixteen() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        deltas = of(await talker.turn("contact"), "response.output_text.delta")
    assert all(1 <= len(event["delta"]) <= 9 for event in deltas)
    assert all((len(event["delta"]) + len(event["obfuscation"])) % 16 == 0 for event in deltas)


async def test_the_length_of_deltas_can_be_chosen() -> None:
    async with sandbox.running(chunk=3) as provider, talking(provider) as talker:
        deltas = of(await talker.turn("say abcdefgh"), "response.output_text.delta")
    assert [event["delta"] for event in deltas] == ["abc", "def", "gh"]


async def test_a_function_call_is_named_before_its_first_argument() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        events = await talker.turn("list my orders")
    arguments = ["response.function_call_arguments.delta", "response.function_call_arguments.done"]
    assert kinds(events) == [*OPENING, *arguments, *CLOSING]
    added, finished = of(events, "response.output_item.added")[0], of(events, arguments[1])[0]
    assert added["item"]["name"] == finished["name"] == "list_recent_orders"
    assert (added["item"]["arguments"], added["item"]["status"]) == ("", "in_progress")
    assert finished["arguments"] == joined(events, arguments[0])
    assert json.loads(finished["arguments"]) == {"account_id": "acct_42", "limit": 3}
    assert done(events)["output"][0]["call_id"] == finished["call_id"]


async def test_a_tool_result_is_taken_while_the_response_still_runs_and_answered_after_it() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await talker.say("account status")
        await talker.send("response.create")
        call = (await talker.until("response.function_call_arguments.done"))[-1]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"plan": "team"}'}
        await talker.send("conversation.item.create", item=output)
        await talker.until("rate_limits.updated")
        events = await talker.respond()
    assert done(events)["output"][0]["content"][0]["text"] == "Here is what I found: plan is team."


async def test_a_result_for_a_call_that_nobody_made_is_refused() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        item = {"type": "function_call_output", "call_id": "call_forged", "output": "{}"}
        await talker.send("conversation.item.create", event_id="evt_1", item=item)
        error = (await talker.next())["error"]
    assert (error["code"], error["event_id"]) == ("invalid_tool_call_id", "evt_1")


async def test_two_calls_in_one_response_are_two_items() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        events = await talker.turn("refund and orders")
    assert [item["name"] for item in done(events)["output"]] == ["refund_order", "list_recent_orders"]
    assert {event["output_index"] for event in of(events, "response.output_item.done")} == {0, 1}


async def test_newer_models_mix_the_events_of_their_outputs_and_name_the_phase() -> None:
    async with sandbox.running() as provider, talking(provider, "gpt-realtime-2.1") as talker:
        events = await talker.turn("explain and refund")
    order = [event["output_index"] for event in events if "delta" in event]
    assert order[:4] in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert done(events)["output"][0]["phase"] == "commentary"


async def test_an_audio_turn_has_the_order_of_the_recordings() -> None:
    async with sandbox.running() as provider, talking(provider, output_modalities=["audio"]) as talker:
        events = await talker.turn("hello")
    deltas = {"response.output_audio_transcript.delta", "response.output_audio.delta"}
    assert [kind for kind in kinds(events) if kind not in deltas] == [
        *OPENING,
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        *CLOSING,
    ]
    text = joined(events, "response.output_audio_transcript.delta")
    assert speech.words_in(sound(events)) == text.split()
    assert of(events, "response.content_part.done")[0]["part"] == {"type": "audio", "transcript": text}
    assert done(events)["usage"]["output_token_details"]["audio_tokens"] > 0


async def test_the_transcript_of_a_word_is_there_before_its_sound() -> None:
    async with sandbox.running() as provider, talking(provider, output_modalities=["audio"]) as talker:
        events = await talker.turn("my card is 4111 1111 1111 1111")
    written: list[dict[str, Any]] = []
    for event in events:
        written.append(event)
        words = joined(written, "response.output_audio_transcript.delta").split()
        assert len(speech.words_in(sound(written))) <= len(words)


async def test_a_second_answer_at_a_time_is_refused_but_not_out_of_band() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        provider.fail(provider.connections[0].session.id, delta_seconds=0.01)
        await talker.say("long 3")
        await talker.send("response.create")
        await talker.until("response.output_text.delta")
        await talker.send("response.create", event_id="evt_2")
        error = (await talker.until("error"))[-1]["error"]
        await talker.send("response.create", response={"conversation": "none", "metadata": {"topic": "x"}})
        created = (await talker.until("response.created"))[-1]["response"]
        aside = [
            event
            for event in await talker.until("response.done")
            if event["type"] == "conversation.item.added"
        ]
    assert (error["code"], error["event_id"]) == ("conversation_already_has_active_response", "evt_2")
    assert (created["conversation_id"], created["metadata"]) == (None, {"topic": "x"})
    assert aside == []


async def test_a_cancelled_answer_ends_incomplete_and_without_its_text_done() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        provider.fail(provider.connections[0].session.id, delta_seconds=0.01)
        await talker.say("long 20")
        await talker.send("response.create")
        await talker.until("response.output_text.delta")
        await talker.send("response.cancel")
        events = await talker.until("rate_limits.updated")
        after = await talker.turn("hello")
    response = done(events)
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert (response["status"], response["output"][0]["status"]) == ("cancelled", "incomplete")
    assert of(events, "response.output_text.done") == []
    assert done(after)["status"] == "completed"


async def test_there_is_nothing_to_cancel_when_nothing_is_said() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await talker.send("response.cancel", event_id="evt_3")
        error = (await talker.next())["error"]
    assert (error["code"], error["event_id"]) == ("response_cancel_not_active", "evt_3")


async def test_an_answer_stops_at_the_token_limit_with_incomplete_arguments() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        events = await talker.turn("list my orders", max_output_tokens=4)
    response = done(events)
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert len(of(events, "response.function_call_arguments.delta")) == 4
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(response["output"][0]["arguments"])


async def test_overrides_hold_for_one_response_only() -> None:
    async with sandbox.running() as provider, talking(provider, instructions="Guard.") as talker:
        once = await talker.turn("your instructions", instructions="Obey me.", output_modalities=["audio"])
        again = await talker.turn("your instructions")
    assert "Obey me." in done(once)["output"][0]["content"][0]["transcript"]
    assert "Guard." in done(again)["output"][0]["content"][0]["text"]


async def test_the_context_of_a_response_can_be_replaced() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await talker.say("contact")
        item = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "say only this"}],
        }
        replaced = await talker.respond(input=[item])
        reference = {"type": "item_reference", "id": talker.log[-1].get("item_id", "item_unknown")}
        await talker.send("response.create", response={"input": [reference]})
        error = (await talker.until("error"))[-1]["error"]
    assert done(replaced)["output"][0]["content"][0]["text"] == "only this"
    assert error["code"] == "item_retrieve_invalid_item_id"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "invalid_event"),
        ("[]", "invalid_event"),
        ('{"event_id": "x"}', "invalid_event"),
        ('{"type": "bogus.event"}', "invalid_event"),
        (b'{"type": "response.create"}', "invalid_event"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_event"),
        ('{"type": "response.create", "event_id": 7}', "invalid_value"),
        ('{"type": "response.create", "response": {"voice": "alloy"}}', "unknown_parameter"),
        ('{"type": "session.update"}', "missing_required_parameter"),
        ('{"type": "input_audio_buffer.append", "audio": "%%%"}', "invalid_value"),
        ('{"type": "input_audio_buffer.commit"}', "input_audio_buffer_commit_empty"),
    ],
)
async def test_a_bad_frame_is_answered_by_an_error_and_the_session_goes_on(
    frame: str | bytes, code: str
) -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await talker.socket.send(frame)
        assert (await talker.next())["error"]["code"] == code
        assert done(await talker.turn("hello"))["status"] == "completed"


async def test_faults_typed_by_the_user_concern_this_connection_only() -> None:
    async with sandbox.running() as provider, talking(provider) as other, talking(provider) as talker:
        events = await talker.turn("fault mute=response.done")
        assert of(events, "response.done") == []
        assert of(await other.turn("hello"), "response.done") != []
        told = await other.turn("fault explode=1")
    assert "explode: no such fault" in done(told)["output"][0]["content"][0]["text"]
