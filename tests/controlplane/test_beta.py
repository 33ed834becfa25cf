from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane import beta
from guard.core.client_events import parse_session


def test_the_seed_articles_body_becomes_a_current_session():
    body = {
        "model": "gpt-4o-realtime-preview",
        "instructions": "You are a helpful assistant.",
        "voice": "alloy",
        "modalities": ["text", "audio"],
        "max_response_output_tokens": 1024,
    }
    assert beta.to_current(body) == {
        "type": "realtime",
        "instructions": "You are a helpful assistant.",
        "audio": {"output": {"voice": "alloy"}},
        "output_modalities": ["audio"],
        "max_output_tokens": 1024,
    }


@pytest.mark.parametrize(
    ("given", "current"),
    [
        ({"modalities": ["text"]}, {"output_modalities": ["text"]}),
        ({"input_audio_format": "g711_ulaw"}, {"audio": {"input": {"format": {"type": "audio/pcmu"}}}}),
        (
            {"output_audio_format": "pcm16"},
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}},
        ),
        ({"turn_detection": None}, {"audio": {"input": {"turn_detection": None}}}),
        ({"speed": 1.2}, {"audio": {"output": {"speed": 1.2}}}),
        ({"temperature": 0.8}, {}),
        ({"model": "gpt-realtime"}, {"model": "gpt-realtime"}),
        ({"model": "gpt-4o-mini-realtime-preview-2024-12-17"}, {}),
    ],
)
def test_beta_names_become_current_ones(given, current):
    found = beta.to_current(given)
    assert found == {"type": "realtime", **current}
    assert parse_session(found)


@given(
    st.fixed_dictionaries(
        {}, optional={key: st.none() | st.integers() | st.text() | st.just([]) for key in beta.KEYS}
    )
)
def test_values_of_any_shape_are_carried_over_for_the_strict_check(body):
    assert beta.to_current(body)["type"] == "realtime"


def test_the_answer_is_in_beta_names():
    session = {
        "id": "s",
        "model": "m",
        "expires_at": 1,
        "output_modalities": ["text"],
        "audio": {
            "input": {"format": {"type": "audio/pcma"}, "turn_detection": None},
            "output": {"voice": "ash"},
        },
        "max_output_tokens": 5,
    }
    shown = beta.to_beta(session)
    assert shown["object"] == "realtime.session"
    assert shown["modalities"] == ["text"]
    assert shown["voice"] == "ash"
    assert shown["input_audio_format"] == "g711_alaw"
    assert shown["output_audio_format"] == "pcm16"
    assert shown["max_response_output_tokens"] == 5
