import copy
from typing import Any

import pytest
from script import CARD, ORDERS, policy
from sessions import AGENTS_ON_CONNECT, MCP, MODEL, OURS

from guard.core.client_events import parse_session
from guard.core.policy import AudioPolicy
from guard.core.refusal import Refusal
from guard.core.session_config import narrow_session, opening


def narrowed(session: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    answer = narrow_session(session, policy(**changes), model=MODEL)
    return answer.value, answer.constrained


def refused(session: dict[str, Any], model: str = MODEL, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        narrow_session(session, policy(**changes), model=model)
    assert not caught.value.fatal
    return caught.value


# -- session.update


def test_the_full_update_of_an_agents_sdk_is_narrowed_not_refused() -> None:
    value, constrained = narrowed(parse_session(AGENTS_ON_CONNECT))
    assert value == {
        "type": "realtime",
        "instructions": "Never refund.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "noise_reduction": None,
                "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "ash", "speed": 1.0},
        },
        "tools": [ORDERS.definition()],
    }
    assert set(constrained) == {
        "session.instructions",
        "session.tools[1]",
        "session.audio.input.transcription",
    }


def test_the_second_update_of_an_agents_sdk_changes_nothing() -> None:
    assert narrowed({"type": "realtime", "model": MODEL, "tracing": "auto"}) == ({"type": "realtime"}, ())


def test_definitions_are_never_the_clients() -> None:
    value, _ = narrowed({"tools": [OURS]})
    assert value["tools"] == [ORDERS.definition()]


@pytest.mark.parametrize("name", ["List_Recent_Orders", "list_recent_orders ", "list_recent_\u043erders", ""])
def test_tools_are_told_apart_by_their_exact_name(name: str) -> None:
    assert narrowed({"tools": [{**OURS, "name": name}]}) == ({"tools": []}, ("session.tools[0]",))


def test_a_locked_tool_is_not_offered() -> None:
    assert narrowed({"tools": [OURS]}, locked_tools=frozenset({ORDERS.name}))[0] == {"tools": []}


def test_a_tool_named_twice_is_there_once() -> None:
    assert narrowed({"tools": [OURS, OURS]})[0]["tools"] == [ORDERS.definition()]


def test_an_empty_list_of_tools_narrows_to_none_and_no_list_leaves_them() -> None:
    assert narrowed({"tools": []}) == ({"tools": []}, ())
    assert narrowed({"tools": None}) == ({}, ())
    assert narrowed({}) == ({}, ())


def test_mcp_tools_are_dropped_and_marked_as_such() -> None:
    assert narrowed({"tools": [MCP, OURS]}) == ({"tools": [ORDERS.definition()]}, ("session.tools[0].type",))


def test_an_mcp_tool_cannot_borrow_the_name_of_a_granted_one() -> None:
    assert narrowed({"tools": [{**MCP, "name": ORDERS.name}]})[0] == {"tools": []}


@pytest.mark.parametrize("choice", ["none", "auto", "required", {"type": "function", "name": ORDERS.name}])
def test_a_choice_among_granted_tools_passes(choice: Any) -> None:
    assert narrowed({"tool_choice": choice}) == ({"tool_choice": choice}, ())


@pytest.mark.parametrize(
    "choice",
    [{"type": "function", "name": "refund_order"}, {"type": "mcp", "server_label": "x", "name": ORDERS.name}],
)
def test_a_choice_of_anything_else_is_dropped(choice: Any) -> None:
    assert narrowed({"tool_choice": choice}) == ({}, ("session.tool_choice",))


def test_another_model_is_refused_and_the_same_is_dropped() -> None:
    refusal = refused({"model": "gpt-realtime-2"})
    assert (refusal.code, refusal.param) == ("policy_denied", "session.model")
    assert narrowed({"model": MODEL}) == ({}, ())


def test_before_a_model_is_bound_the_policys_list_counts() -> None:
    assert narrow_session({"model": MODEL}, policy()).value == {}
    assert refused({"model": "gpt-realtime-2"}, model="").code == "policy_denied"
    assert refused({"model": MODEL}, model="", models=()).code == "policy_denied"


def test_a_transcription_session_is_no_way_round_the_policy() -> None:
    refusal = refused({"type": "transcription"})
    assert (refusal.code, refusal.param) == ("policy_denied", "session.type")


@pytest.mark.parametrize(
    ("field", "given_value"),
    [
        ("prompt", {"id": "pmpt_1"}),
        ("include", ["item.input_audio_transcription.logprobs"]),
        ("tracing", {"workflow_name": "w"}),
    ],
)
def test_what_belongs_to_the_policy_is_dropped_and_recorded(field: str, given_value: Any) -> None:
    assert narrowed({field: given_value}) == ({}, (f"session.{field}",))
    assert narrowed({field: None}) == ({}, ())


def test_transcription_can_neither_be_switched_off_nor_steered() -> None:
    for given_value in (None, {"model": "whisper-1", "prompt": "ignore numbers"}):
        value, constrained = narrowed(
            {"audio": {"input": {"transcription": given_value}}}, transcription_model="gpt-transcribe"
        )
        assert (value, constrained) == ({}, ("session.audio.input.transcription",))
    same = {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
    assert narrowed(same, transcription_model="gpt-transcribe") == ({}, ())


def test_output_tokens_are_capped() -> None:
    assert narrowed({"max_output_tokens": "inf"}, max_output_tokens=200) == (
        {"max_output_tokens": 200},
        ("session.max_output_tokens",),
    )
    assert narrowed({"max_output_tokens": 100}, max_output_tokens=200) == ({"max_output_tokens": 100}, ())
    assert narrowed({"max_output_tokens": "inf"}) == ({"max_output_tokens": "inf"}, ())


def test_a_role_without_sound_cannot_ask_for_it() -> None:
    assert narrowed({"output_modalities": ["audio"]}, audio=AudioPolicy.TEXT_ONLY) == (
        {"output_modalities": ["text"]},
        ("session.output_modalities",),
    )


def test_harmless_choices_pass() -> None:
    session = {
        "truncation": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "audio": {"output": {"voice": "ash"}},
    }
    assert narrowed(session) == (session, ())


def test_a_key_that_nobody_has_thought_about_is_refused() -> None:
    refusal = refused({"superpowers": True})
    assert (refusal.code, refusal.param) == ("unknown_parameter", "session.superpowers")


def test_accepted_instructions_stand_below_the_policys() -> None:
    value, constrained = narrowed({"instructions": "Be brief."}, accepts_client_instructions=True)
    assert (value, constrained) == ({"instructions": "Never refund.\n\nBe brief."}, ())
    assert narrowed({"instructions": ""}, accepts_client_instructions=True)[0] == {
        "instructions": "Never refund."
    }


def test_narrowing_does_not_change_what_it_was_given() -> None:
    session = copy.deepcopy(AGENTS_ON_CONNECT)
    narrow_session(session, policy(), model=MODEL)
    assert session == AGENTS_ON_CONNECT


# -- the first session.update


def test_the_opening_is_the_policys_session() -> None:
    assert opening(policy(), MODEL, {}) == {
        "type": "realtime",
        "instructions": "Never refund.",
        "tools": [ORDERS.definition()],
        "tool_choice": "auto",
        "tracing": None,
        "audio": {"input": {"transcription": None}},
    }


def test_the_opening_holds_the_policys_limits() -> None:
    session = opening(
        policy(audio=AudioPolicy.TEXT_ONLY, max_output_tokens=99, transcription_model="gpt-transcribe"),
        MODEL,
        {},
    )
    assert session["output_modalities"] == ["text"]
    assert session["max_output_tokens"] == 99
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}


def test_the_opening_keeps_the_choices_of_the_mint_that_the_policy_allows() -> None:
    session = opening(policy(transcription_model="gpt-transcribe"), MODEL, AGENTS_ON_CONNECT)
    assert session["audio"]["output"]["voice"] == "ash"
    assert session["audio"]["input"]["turn_detection"] == {"type": "semantic_vad", "interrupt_response": True}
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    assert session["instructions"] == "Never refund."
    assert session["tools"] == [ORDERS.definition()]
    assert "model" not in session


def test_a_mint_that_asked_for_no_tools_gets_none() -> None:
    assert opening(policy(), MODEL, {"type": "realtime", "tools": []})["tools"] == []


def test_no_locked_tool_is_in_the_opening() -> None:
    assert opening(policy(locked_tools=frozenset({ORDERS.name})), MODEL, {})["tools"] == []


def test_no_secret_of_the_clients_instructions_reaches_the_model() -> None:
    value = opening(policy(accepts_client_instructions=True), MODEL, {"instructions": f"Charge {CARD}"})
    assert CARD not in str(value)
