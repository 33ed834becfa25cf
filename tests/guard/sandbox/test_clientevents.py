"""Items: created, retrieved, truncated, deleted, and the provider's codes when that cannot be."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from guard import sandbox
from guard.sandbox import speech
from tests.guard.sandbox.talker import Talker, done, of, sound, talking


def message(text: str, role: str = "user", **fields: Any) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **fields}


async def created(talker: Talker, item: dict[str, Any], **fields: Any) -> dict[str, Any]:
    await talker.send("conversation.item.create", item=item, **fields)
    added, finished = await talker.next(), await talker.next()
    assert [added["type"], finished["type"]] == ["conversation.item.added", "conversation.item.done"]
    assert added["item"] == finished["item"]
    return added


async def code_of(talker: Talker, kind: str, **fields: Any) -> tuple[str, str | None]:
    await talker.send(kind, **fields)
    event = await talker.next()
    assert event["type"] == "error", event
    return event["error"]["code"], event["error"]["param"]


async def test_items_are_echoed_with_their_place_and_without_the_clients_status() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        first = await created(
            talker, message("one", id="item_mine", status="incomplete", object="realtime.item")
        )
        second = await created(talker, message("two", "assistant"))
        start = await created(talker, message("zero", "system"), previous_item_id="root")
        middle = await created(talker, message("between"), previous_item_id="item_mine")
    assert list(first["item"]) == ["id", "type", "status", "role", "content"]
    assert (first["item"]["id"], first["item"]["status"]) == ("item_mine", "completed")
    assert [event["previous_item_id"] for event in (first, second, start, middle)] == [
        None,
        "item_mine",
        None,
        "item_mine",
    ]


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        (message("x", id="i" * 33), "string_above_max_length", "item.id"),
        (message("x", role="robot"), "invalid_value", "item.role"),
        ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
        ({"type": "poem"}, "invalid_value", "item.type"),
        (
            {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]},
            "invalid_value",
            None,
        ),
        ({"type": "function_call_output", "call_id": "a/b", "output": ""}, "invalid_value", "item.call_id"),
        (
            {"type": "mcp_approval_response", "approval_request_id": "r"},
            "invalid_value",
            "item.approval_request_id",
        ),
        ("text", "invalid_type", "item"),
    ],
)
async def test_a_bad_item_is_refused_with_code_and_parameter(item: Any, code: str, param: str | None) -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        found = await code_of(talker, "conversation.item.create", item=item)
        assert provider.connections[0].conversation.find("anything") is None
        assert list(provider.connections[0].conversation) == []
    assert found == (code, param or "item.content[0].type")


async def test_an_item_needs_a_new_id_and_a_known_place() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await created(talker, message("one", id="item_a"))
        twice = await code_of(talker, "conversation.item.create", item=message("two", id="item_a"))
        nowhere = await code_of(
            talker, "conversation.item.create", item=message("x"), previous_item_id="item_z"
        )
    assert twice == ("item_create_invalid_item_id", "item.id")
    assert nowhere == ("item_create_invalid_previous_item_id", "previous_item_id")


async def test_a_deleted_item_is_gone() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        await created(talker, message("one", id="item_a"))
        await talker.send("conversation.item.delete", item_id="item_a")
        assert (await talker.next())["item_id"] == "item_a"
        assert (await code_of(talker, "conversation.item.retrieve", item_id="item_a"))[0] == (
            "item_retrieve_invalid_item_id"
        )
        assert (await code_of(talker, "conversation.item.delete", item_id="item_a"))[
            0
        ] == "item_delete_invalid_item_id"


async def test_a_spoken_item_is_retrieved_with_its_sound() -> None:
    async with sandbox.running() as provider, talking(provider, output_modalities=["audio"]) as talker:
        events = await talker.turn("hello")
        await talker.send("conversation.item.retrieve", item_id=done(events)["output"][0]["id"])
        (part,) = (await talker.next())["item"]["content"]
    assert base64.b64decode(part["audio"]) == sound(events)
    assert part["transcript"].split() == speech.words_in(sound(events))


async def test_a_truncated_item_loses_sound_and_transcript() -> None:
    async with sandbox.running() as provider, talking(provider, output_modalities=["audio"]) as talker:
        item_id = done(await talker.turn("hello"))["output"][0]["id"]
        await talker.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=240)
        truncated = await talker.next()
        await talker.send("conversation.item.retrieve", item_id=item_id)
        (part,) = (await talker.next())["item"]["content"]
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", 240)
    assert len(base64.b64decode(part["audio"])) == 240 * 48
    assert part["transcript"] == ""


async def test_truncating_behind_the_end_is_an_error_and_happens_nevertheless() -> None:
    async with sandbox.running() as provider, talking(provider, output_modalities=["audio"]) as talker:
        item_id = done(await talker.turn("say one two"))["output"][0]["id"]
        fields = {"item_id": item_id, "content_index": 0, "audio_end_ms": 99_999}
        await talker.send("conversation.item.truncate", event_id="evt_1", **fields)
        error, truncated = await talker.next(), await talker.next()
    assert error["error"]["message"] == "Audio content of 240ms is already shorter than 99999ms"
    assert truncated["audio_end_ms"] == 240


async def test_only_the_models_speech_can_be_truncated() -> None:
    place = {"content_index": 0, "audio_end_ms": 10}
    async with sandbox.running() as provider, talking(provider) as talker:
        item_id = done(await talker.turn("hello"))["output"][0]["id"]
        written = await code_of(talker, "conversation.item.truncate", item_id=item_id, **place)
        unknown = await code_of(talker, "conversation.item.truncate", item_id="item_z", **place)
    assert written[0] == "unsupported_content_type"
    assert unknown[0] == "item_truncate_invalid_item_id"


async def test_an_update_is_answered_with_the_whole_session() -> None:
    async with sandbox.running() as provider, talking(provider) as talker:
        event = await talker.update(instructions="Be brief.")
        refused = await talker.update(modalities=["text"])
    assert event["type"] == "session.updated"
    assert event["session"]["instructions"] == "Be brief."
    assert event["session"]["output_modalities"] == ["text"], "what an earlier update set stays"
    assert refused["error"]["param"] == "session.modalities"
    assert len(of(talker.log, "session.updated")) == 2
