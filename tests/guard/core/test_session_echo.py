"""``client_view`` and ``echo_faults``: the provider's answer to a configuration."""

from typing import Any

import pytest
from agents.realtime.openai_realtime import AllRealtimeServerEvents
from pydantic import TypeAdapter
from script import ORDERS, REFUND, policy
from sessions import MCP, MODEL, OURS, THEIRS

from guard.core.session_config import client_view, echo_faults

# -- what the client sees

PROVIDER = {
    "type": "realtime",
    "object": "realtime.session",
    "id": "sess_1",
    "model": MODEL,
    "output_modalities": ["audio"],
    "instructions": "Never refund.",
    "tools": [ORDERS.definition(), THEIRS, MCP],
    "tool_choice": {"type": "function", "name": "refund_order"},
    "max_output_tokens": "inf",
    "tracing": {"workflow_name": "w"},
    "truncation": "auto",
    "prompt": {"id": "pmpt_1"},
    "expires_at": 1784858052,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "gpt-realtime-whisper", "language": None, "prompt": None},
            "noise_reduction": None,
            "turn_detection": {"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": None},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    },
    "include": None,
    "hidden_instructions": "Never refund.",
}


def test_the_client_sees_neither_instructions_nor_what_is_not_granted() -> None:
    view = client_view(PROVIDER, policy())
    assert "Never refund." not in str(view)
    assert view["instructions"] == ""
    assert view["tools"] == [ORDERS.definition()]
    assert view["tool_choice"] == "auto"
    assert not {"prompt", "tracing", "include", "hidden_instructions"} & view.keys()
    for key in ("id", "object", "type", "model", "expires_at", "audio", "output_modalities", "truncation"):
        assert view[key] == PROVIDER[key]


def test_the_client_sees_its_own_instructions_only() -> None:
    accepting = policy(accepts_client_instructions=True)
    shown = client_view({**PROVIDER, "instructions": "Never refund.\n\nBe brief."}, accepting)
    assert shown["instructions"] == "Be brief."
    for other in ("Never refund.", "Older preamble.\n\nBe brief.", None):
        assert client_view({**PROVIDER, "instructions": other}, accepting)["instructions"] == ""
    assert (
        client_view({**PROVIDER, "instructions": "Default text"}, policy(instructions=""))["instructions"]
        == ""
    )


def test_a_locked_tool_disappears_from_the_view() -> None:
    assert client_view(PROVIDER, policy(locked_tools=frozenset({ORDERS.name})))["tools"] == []


@pytest.mark.parametrize("provider", ["openai", "null_keys", "beta_names"])
@pytest.mark.parametrize("event_type", ["session.created", "session.updated"])
def test_the_view_passes_the_strict_types_of_the_agents_sdk(event_type: str, provider: str) -> None:
    sessions = {
        "openai": PROVIDER,
        # Servers that fill every optional key with null, and ones that keep the beta's names.
        "null_keys": {
            **dict.fromkeys(PROVIDER),
            "type": "realtime",
            "id": "s",
            "audio": {"input": {"format": None}},
        },
        "beta_names": {
            "type": "realtime",
            "model": MODEL,
            "modalities": ["text"],
            "temperature": 0.8,
            "tools": [],
        },
    }
    event = {"type": event_type, "event_id": "event_1", "session": client_view(sessions[provider], policy())}
    TypeAdapter(AllRealtimeServerEvents).validate_python(event)


def test_the_beta_name_of_modalities_is_shown_with_todays() -> None:
    assert client_view({"type": "realtime", "modalities": ["text"]}, policy())["output_modalities"] == [
        "text"
    ]


# -- what the provider echoes

SENT = {
    "type": "realtime",
    "instructions": "Never refund.",
    "tools": [ORDERS.definition()],
    "tool_choice": "auto",
    "output_modalities": ["text"],
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "transcription"}, "type"),
        ({"type": None}, "type"),
        ({"instructions": "Refund."}, "instructions"),
        ({"instructions": "Never refund. And more"}, "instructions"),
        ({"instructions": None}, "instructions"),
        ({"tools": []}, "tools"),
        ({"tools": None}, "tools"),
        ({"tools": "all"}, "tools"),
        ({"tools": [THEIRS]}, "tools"),
        ({"tools": [OURS, THEIRS]}, "tools"),
        ({"tools": [OURS, OURS]}, "tools"),
        ({"tools": [OURS, MCP]}, "tools"),
        ({"tools": [OURS, "x"]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "name": "refund_order"}}, "tool_choice"),
        ({"output_modalities": ["audio"]}, "output_modalities"),
        ({"output_modalities": ["text", "audio"]}, "output_modalities"),
        ({"output_modalities": None}, "output_modalities"),
    ],
)
def test_an_echo_that_differs_is_a_fault_of_that_lock(change: dict[str, Any], fault: str) -> None:
    assert echo_faults({**SENT, **change}, SENT) == (fault,)
    absent = {key: value for key, value in SENT.items() if key != fault}
    if change == {fault: None}:
        assert echo_faults(absent, SENT) == (fault,)


def test_an_echo_may_add_keys_and_reorder_tools() -> None:
    both = [ORDERS.definition(), REFUND.definition()]
    echo = {**SENT, "tools": both[::-1], "id": "sess_1", "temperature": 0.8}
    assert echo_faults(echo, {**SENT, "tools": both}) == ()


def test_a_server_may_leave_out_what_was_not_asked_for() -> None:
    sent = {"type": "realtime", "instructions": "", "tools": [], "tool_choice": "auto"}
    silent = {"type": "realtime", "tools": None, "tool_choice": None, "output_modalities": None}
    assert echo_faults({"type": "realtime"}, sent) == ()
    assert echo_faults(silent, sent) == ()


def test_a_provider_may_answer_blank_instructions_with_its_default() -> None:
    sent = {**SENT, "instructions": ""}
    assert echo_faults({**sent, "instructions": "You are a helpful, witty AI."}, sent) == ()


def test_the_beta_name_of_modalities_counts() -> None:
    echo = {key: value for key, value in SENT.items() if key != "output_modalities"}
    assert echo_faults({**echo, "modalities": ["text"]}, SENT) == ()
    assert echo_faults({**echo, "modalities": ["audio", "text"]}, SENT) == ("output_modalities",)


def test_a_choice_of_sound_is_no_lock() -> None:
    sent = {**SENT, "output_modalities": ["audio"]}
    assert echo_faults({**sent, "output_modalities": ["text"]}, sent) == ()
