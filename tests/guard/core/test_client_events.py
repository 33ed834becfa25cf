import base64
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from official import differences, fields_of
from openai.types.realtime import (
    ConversationItemCreateEvent,
    ConversationItemDeleteEvent,
    ConversationItemRetrieveEvent,
    ConversationItemTruncateEvent,
    InputAudioBufferAppendEvent,
    InputAudioBufferClearEvent,
    InputAudioBufferCommitEvent,
    OutputAudioBufferClearEvent,
    RealtimeClientEvent,
    RealtimeServerEvent,
    ResponseCancelEvent,
    ResponseCreateEvent,
    SessionUpdateEvent,
)

from guard.core import client_events
from guard.core.client_events import CLIENT_EVENTS, parse, parse_session, to_dict
from guard.core.refusal import Refusal

OFFICIAL = {
    "session.update": SessionUpdateEvent,
    "input_audio_buffer.append": InputAudioBufferAppendEvent,
    "input_audio_buffer.commit": InputAudioBufferCommitEvent,
    "input_audio_buffer.clear": InputAudioBufferClearEvent,
    "output_audio_buffer.clear": OutputAudioBufferClearEvent,
    "conversation.item.create": ConversationItemCreateEvent,
    "conversation.item.retrieve": ConversationItemRetrieveEvent,
    "conversation.item.truncate": ConversationItemTruncateEvent,
    "conversation.item.delete": ConversationItemDeleteEvent,
    "response.create": ResponseCreateEvent,
    "response.cancel": ResponseCancelEvent,
}


def members(union: object) -> list[type]:
    """Each once, in the same order in every process that collects tests."""
    return sorted(set(typing.get_args(typing.get_args(union)[0])), key=lambda model: model.__name__)


def test_the_table_is_the_official_list() -> None:
    assert set(OFFICIAL.values()) == set(members(RealtimeClientEvent))
    assert CLIENT_EVENTS.keys() == OFFICIAL.keys()
    assert set(CLIENT_EVENTS.values()) == set(typing.get_args(client_events.ClientEvent))


@pytest.mark.parametrize("event_type", OFFICIAL)
def test_every_official_field_of_an_event_is_known_and_no_other(event_type: str) -> None:
    assert differences(CLIENT_EVENTS[event_type], OFFICIAL[event_type], open_ended=set()) == []


def refused(event: dict) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse(event)
    assert not caught.value.fatal
    return caught.value


def update(**session: object) -> dict:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def append(audio: str) -> dict:
    return {"type": "input_audio_buffer.append", "audio": audio}


@pytest.mark.parametrize("model", members(RealtimeServerEvent), ids=lambda model: model.__name__)
def test_a_server_event_means_nothing_from_a_client(model: type) -> None:
    (annotation,) = fields_of(model)["type"]
    for event_type in typing.get_args(annotation):
        refusal = refused({"type": event_type})
        assert (refusal.code, refusal.param, refusal.rule) == ("invalid_event", "type", "unknown_type")


@pytest.mark.parametrize(
    "event_type",
    ["", "Session.Update", "session.update ", "session.update\x00", "transcription_session.update", "bogus"],
)
def test_a_type_that_is_not_exactly_one_of_ours_is_refused(event_type: str) -> None:
    assert refused({"type": event_type, "session": {"type": "realtime"}}).code == "invalid_event"


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        (update(temperature=0.8), "unknown_parameter", "session.temperature"),
        (update(tools=[{"type": "function", "nam": "x"}]), "unknown_parameter", "session.tools[0].nam"),
        (update(tools=[{"type": "function", "name": 1}]), "invalid_value", "session.tools[0].name"),
        (update(tools=[{"type": "function"}]), "missing_required_parameter", "session.tools[0].name"),
        (update(tools=[{"type": "web_search"}]), "invalid_value", "session.tools[0].type"),
        (update(max_output_tokens=0), "invalid_value", "session.max_output_tokens"),
        (update(max_output_tokens=4097), "invalid_value", "session.max_output_tokens"),
        (update(max_output_tokens="lots"), "invalid_value", "session.max_output_tokens"),
        (update(output_modalities=[]), "invalid_value", "session.output_modalities"),
        (update(output_modalities=["video"]), "invalid_value", "session.output_modalities[0]"),
        (update(audio={"output": {"speed": 9}}), "invalid_value", "session.audio.output.speed"),
        (
            update(audio={"input": {"format": {"type": "audio/mp3"}}}),
            "invalid_value",
            "session.audio.input.format.type",
        ),
        (update(__proto__={}), "unknown_parameter", "session.__proto__"),
        ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
        ({"type": "session.update", "session": {"type": "x"}}, "invalid_value", "session.type"),
        ({"type": "session.update", "session": []}, "invalid_value", "session"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "response.create", "constructor": {}}, "unknown_parameter", "constructor"),
        ({"type": "response.create", "response": None}, "invalid_value", "response"),
        (
            {"type": "response.create", "response": {"metadata": {"k": 1}}},
            "invalid_value",
            "response.metadata",
        ),
        (
            {"type": "response.create", "response": {"metadata": {"k" * 65: ""}}},
            "invalid_value",
            "response.metadata",
        ),
        (
            {"type": "response.create", "response": {"metadata": {str(n): "" for n in range(17)}}},
            "invalid_value",
            "response.metadata",
        ),
        ({"type": "conversation.item.retrieve"}, "missing_required_parameter", "item_id"),
        ({"type": "conversation.item.delete", "item_id": ""}, "invalid_value", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "a\n"}, "invalid_value", "item_id"),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": -1, "audio_end_ms": 0},
            "invalid_value",
            "content_index",
        ),
        (
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": True, "audio_end_ms": 0},
            "invalid_value",
            "content_index",
        ),
        ({"type": "conversation.item.create", "item": {"type": "wish"}}, "invalid_value", "item.type"),
        (
            {"type": "conversation.item.create", "item": {"type": "item_reference", "id": "a"}},
            "invalid_value",
            "item.type",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": 1}]},
            },
            "invalid_value",
            "item.content[0].text",
        ),
        (
            {"type": "conversation.item.create", "item": {"type": "message", "role": "root", "content": []}},
            "invalid_value",
            "item.role",
        ),
    ],
)
def test_a_fault_has_the_official_code_and_names_the_field(event: dict, code: str, param: str) -> None:
    refusal = refused(event)
    assert (refusal.code, refusal.param) == (code, param)
    assert f"'{param}'" in refusal.message


@pytest.mark.parametrize("name", ["se\ncret", "\x1b[31m", "a b", "k" * 65, "§"])
def test_a_field_name_that_could_harm_a_log_line_is_not_repeated(name: str) -> None:
    refusal = refused(update(**{name: 1}))
    assert (refusal.code, refusal.param) == ("unknown_parameter", "session")
    assert name not in refusal.message


@pytest.mark.parametrize(
    "secret", [update(tool_choice="hunter2"), update(audio={"input": {"format": "hunter2"}})]
)
def test_a_refusal_repeats_no_value_of_the_client(secret: dict) -> None:
    assert "hunter2" not in refused(secret).message


@pytest.mark.parametrize(
    "event_id", ["", "sp_1", "sp_", "a" * 513, "a\nb", "a\n", "\x1b[2J", "é", "\u202e", 7, None]
)
def test_an_event_id_is_short_and_printable_and_not_of_our_own(event_id: object) -> None:
    refusal = refused({"type": "response.cancel", "event_id": event_id})
    assert (refusal.code, refusal.param) == ("invalid_value", "event_id")
    assert "\n" not in refusal.message


@pytest.mark.parametrize("event_id", ["a", "agents_py_response_create_1", "a" * 512, "SP_1", "x sp_"])
def test_any_other_event_id_is_kept(event_id: str) -> None:
    assert to_dict(parse({"type": "response.cancel", "event_id": event_id}))["event_id"] == event_id


def test_an_item_id_of_our_own_cannot_be_chosen_by_the_client() -> None:
    item = {"type": "message", "role": "user", "content": [], "id": "sp_1"}
    assert refused({"type": "conversation.item.create", "item": item}).param == "item.id"


@pytest.mark.parametrize(
    "audio", ["", "A", "YQ", "YQ=", "Y Q=", "YQ==\n", "not base64!", "=" * 8, "AAAA\u00e9"]
)
def test_sound_that_is_no_strict_base64_is_refused(audio: str) -> None:
    refusal = refused(append(audio))
    assert (refusal.code, refusal.param) == ("invalid_value", "audio")


def test_sound_has_a_cap_in_decoded_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_events, "AUDIO_BYTES", 10)
    assert parse(append(base64.b64encode(bytes(10)).decode()))
    assert refused(append(base64.b64encode(bytes(11)).decode())).param == "audio"


def test_the_session_of_a_rest_body_is_checked_alike() -> None:
    assert parse_session({"type": "realtime", "model": "m"}) == {"type": "realtime", "model": "m"}
    with pytest.raises(Refusal) as caught:
        parse_session({"type": "realtime", "tools": [{"type": "function", "name": None}]})
    assert caught.value.param == "session.tools[0].name"
    with pytest.raises(Refusal) as caught:
        parse_session("realtime")
    assert caught.value.param == "session"


# -- round trip

texts = st.text(max_size=20)
ids = st.text(alphabet="abc_-", min_size=1, max_size=20)
modalities = st.sampled_from([["text"], ["audio"]])
tokens = st.integers(1, 4096) | st.just("inf")
tools = st.lists(
    st.fixed_dictionaries({"type": st.just("function"), "name": texts}, optional={"description": texts})
    | st.fixed_dictionaries({"type": st.just("mcp"), "server_label": texts}, optional={"server_url": texts}),
    max_size=3,
)
choices = st.sampled_from(["none", "auto", "required", {"type": "function", "name": "f"}])
vad = st.none() | st.fixed_dictionaries(
    {"type": st.just("server_vad")},
    optional={"create_response": st.booleans(), "idle_timeout_ms": st.none() | st.integers(0, 9000)},
)
sound_in = st.fixed_dictionaries(
    {},
    optional={
        "turn_detection": vad,
        "noise_reduction": st.none() | st.just({"type": "near_field"}),
        "transcription": st.none() | st.fixed_dictionaries({"model": texts}, optional={"language": texts}),
    },
)
sessions = st.fixed_dictionaries(
    {"type": st.just("realtime")},
    optional={
        "instructions": st.none() | texts,
        "tools": st.none() | tools,
        "tool_choice": st.none() | choices,
        "output_modalities": modalities,
        "max_output_tokens": tokens,
        "audio": st.fixed_dictionaries({}, optional={"input": sound_in}),
        "tracing": st.sampled_from([None, "auto", {"workflow_name": "w"}]),
        "prompt": st.none() | st.just({"id": "pmpt_1"}),
    },
)
text_parts = st.lists(st.fixed_dictionaries({"type": st.just("input_text"), "text": texts}), max_size=3)
items = st.fixed_dictionaries(
    {"type": st.just("message"), "role": st.sampled_from(["user", "system"]), "content": text_parts},
    optional={"id": ids, "status": st.just("completed")},
) | st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": ids, "output": texts})
responses = st.fixed_dictionaries(
    {},
    optional={
        "input": st.lists(items, max_size=3),
        "metadata": st.none() | st.dictionaries(ids, texts, max_size=3),
        "instructions": st.none() | texts,
        "tools": tools,
    },
)
events = (
    st.fixed_dictionaries(
        {"type": st.just("session.update"), "session": sessions}, optional={"event_id": ids}
    )
    | st.fixed_dictionaries({"type": st.just("conversation.item.create"), "item": items})
    | st.fixed_dictionaries({"type": st.just("response.create")}, optional={"response": responses})
)


@given(events)
def test_what_was_parsed_is_written_again_unchanged(event: dict) -> None:
    assert to_dict(parse(event)) == event
