from __future__ import annotations

from typing import Any

import pytest

from guard.sandbox.events import Refusal
from guard.sandbox.session import INSTRUCTIONS, Session

RING = {"type": "function", "name": "ring_bell", "description": "Rings.", "parameters": {"type": "object"}}


@pytest.fixture
def session() -> Session:
    return Session("sess_1", "gpt-realtime", 1_800_000_000)


def update(session: Session, **changes: Any) -> dict[str, Any]:
    session.update({"type": "realtime", **changes}, spoke=False)
    return session.shape


def refused(session: Session, changes: Any, spoke: bool = False) -> Refusal:
    before = repr(session.shape)
    with pytest.raises(Refusal) as caught:
        session.update(changes, spoke=spoke)
    assert repr(session.shape) == before, "a refused update must change nothing"
    return caught.value


def test_only_present_keys_change(session: Session) -> None:
    update(session, instructions="Be brief.", tools=[RING])
    shape = update(session, tool_choice="none")
    assert (shape["instructions"], shape["tools"], shape["tool_choice"]) == ("Be brief.", [RING], "none")


def test_one_unknown_key_refuses_the_whole_update(session: Session) -> None:
    refusal = refused(session, {"type": "realtime", "instructions": "New.", "modalities": ["text"]})
    assert (refusal.code, refusal.param) == ("unknown_parameter", "session.modalities")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"instructions": "x"}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "model": "gpt-realtime-2"}, "invalid_value", "session.model"),
        ({"type": "realtime", "instructions": 7}, "invalid_type", "session.instructions"),
        (
            {"type": "realtime", "output_modalities": ["text", "audio"]},
            "invalid_value",
            "session.output_modalities",
        ),
        (
            {"type": "realtime", "max_output_tokens": 5000},
            "integer_above_max_value",
            "session.max_output_tokens",
        ),
        (
            {"type": "realtime", "tools": [{"type": "function"}]},
            "missing_required_parameter",
            "session.tools[0].name",
        ),
        (
            {"type": "realtime", "tools": [{**RING, "strict": True}]},
            "unknown_parameter",
            "session.tools[0].strict",
        ),
        ({"type": "realtime", "tools": [{**RING, "name": "a b"}]}, "invalid_value", "session.tools[0].name"),
        (
            {"type": "realtime", "audio": {"output": {"voice": "bob"}}},
            "invalid_value",
            "session.audio.output.voice",
        ),
        ({"type": "realtime", "audio": {"voice": "alloy"}}, "unknown_parameter", "session.audio.voice"),
        ("realtime", "invalid_type", "session"),
    ],
)
def test_a_bad_update_is_refused_with_code_and_parameter(
    session: Session, changes: Any, code: str, param: str
) -> None:
    refusal = refused(session, changes)
    assert (refusal.code, refusal.param) == (code, param)


def test_empty_values_and_null_clear(session: Session) -> None:
    update(
        session,
        instructions="Be brief.",
        tools=[RING],
        audio={"input": {"transcription": {"model": "whisper-1"}}},
    )
    shape = update(
        session, instructions="", tools=[], audio={"input": {"turn_detection": None, "transcription": None}}
    )
    assert shape["instructions"] == INSTRUCTIONS, "on the wire, no instructions are the provider's own"
    assert shape["tools"] == []
    assert shape["audio"]["input"]["turn_detection"] is None
    assert shape["audio"]["input"]["transcription"] is None
    assert update(session, tools=None)["tools"] == []


def test_voice_activity_is_completed_with_the_defaults(session: Session) -> None:
    shape = update(
        session, audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}}
    )
    assert shape["audio"]["input"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": False,
        "interrupt_response": True,
    }
    semantic = update(session, audio={"input": {"turn_detection": {"type": "semantic_vad"}}})
    assert semantic["audio"]["input"]["turn_detection"]["eagerness"] == "auto"


def test_a_transcription_is_completed_with_nulls(session: Session) -> None:
    shape = update(session, audio={"input": {"transcription": {"model": "gpt-realtime-whisper"}}})
    assert shape["audio"]["input"]["transcription"] == {
        "model": "gpt-realtime-whisper",
        "language": None,
        "prompt": None,
    }


def test_the_voice_is_fixed_once_the_assistant_spoke(session: Session) -> None:
    changes = {"type": "realtime", "audio": {"output": {"voice": "marin"}}}
    assert refused(session, changes, spoke=True).code == "cannot_update_voice"
    session.update(changes, spoke=False)
    session.update(changes, spoke=True)


def test_tracing_cannot_be_changed_once_it_is_set(session: Session) -> None:
    update(session, tracing="auto")
    update(session, tracing="auto")
    assert refused(session, {"type": "realtime", "tracing": None}).param == "session.tracing"


def test_credentials_of_an_mcp_server_are_never_echoed(session: Session) -> None:
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://x.example", "authorization": "secret"}
    assert "secret" not in repr(update(session, tools=[tool]))


def test_ignored_keys_are_silently_left_alone(session: Session) -> None:
    changes = {"type": "realtime", "tools": [RING], "instructions": "New."}
    session.update(changes, spoke=False, ignored=frozenset({"tools"}))
    assert (session.shape["tools"], session.shape["instructions"]) == ([], "New.")
