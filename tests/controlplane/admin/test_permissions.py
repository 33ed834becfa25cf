"""A compiled policy as sentences. No database: the policy is built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.admin import permissions
from guard.core.classifier import Classifier, OnFailure, OnFinding, Timing
from guard.core.engine import Engine
from guard.core.policy import AudioPolicy, Grant, Limits, Policy, Principal, SpreadAnswer
from guard.core.redact import Operator, Redactor, Rule
from guard.core.tools import Tool

SCHEMA = {"type": "object"}


@pytest.fixture
def policy():
    return Policy(
        version=3,
        digest="0" * 64,
        principal=Principal("1", "anybody", "support"),
        grants={
            "status": Grant(Tool("status", "", SCHEMA), frozenset({"margin", "cost"})),
            "orders": Grant(Tool("orders", "", SCHEMA)),
        },
        to_client=Redactor([Rule("ssn", r"\d{3}"), Rule("noted", r"x{2}", operator=Operator.FLAG)]),
        to_model=Redactor([]),
        models=("gpt-realtime-2.1",),
        instructions="Help.",
        limits=Limits(1800, 300),
    )


def test_each_granted_tool_has_a_sentence(policy):
    assert permissions.may(policy) == [
        "orders: the model sees the whole result.",
        "status: without cost and margin in the result.",
    ]


def test_a_locked_tool_is_said_to_be_denied(policy):
    locked = replace(policy, locked_tools=frozenset({"orders"}))
    assert permissions.may(locked)[0] == "orders: granted, but locked now, so every call is denied."


def test_what_is_not_granted_is_named(policy):
    assert permissions.may_not(policy, ["status", "orders", "refund"]) == (
        "It may not call refund, nor anything else: what is not granted is denied."
    )
    assert permissions.may_not(policy, ["status"]).startswith("Every tool that exists is granted.")
    assert (
        permissions.may_not(replace(policy, grants={}), ["a"]) == "It may call no tool: every call is denied."
    )


def test_the_rest_is_said_in_full(policy):
    assert list(permissions.sentences(policy)) == [
        "It talks to gpt-realtime-2.1.",
        "Its instructions are fixed here; instructions from clients are dropped.",
        "Speech reaches the client only when its whole transcript is clean.",
        "Where speech is withheld or cut, there is silence.",
        "On the way to the client, hidden: ssn. Only recorded: noted.",
        "A value that is spelled over several items is cut before it is complete.",
        "On the way to the model, hidden: nothing.",
        "What the user says aloud reaches the model at once: nothing judges it before.",
        "In one turn of the user at most 25 calls can be made, of all tools together.",
        "A session ends after 30 min, or 5 min without activity.",
    ]


def test_what_is_loosened_is_said(policy):
    loose = replace(
        policy,
        models=(),
        instructions="",
        accepts_client_instructions=True,
        accepts_history=True,
        audio=AudioPolicy.DELIVER,
        max_output_tokens=1,
    )
    said = " ".join(permissions.sentences(loose))
    assert "no model, so no session can start" in said
    assert "It has no instructions of its own; what the client asks for is appended below." in said
    assert "Clients may insert earlier turns" in said
    assert "UNREDACTED" in said
    assert "at most 1 token." in said


def test_every_audio_policy_has_words():
    assert permissions.AUDIO.keys() == set(AudioPolicy)


def test_every_answer_to_spread_values_has_words():
    assert permissions.SPREAD.keys() == set(SpreadAnswer)


@pytest.mark.parametrize("audio", AudioPolicy)
def test_words_about_speech_leave_nothing_to_fill_in(policy, audio):
    assert "{" not in " ".join(permissions.sentences(replace(policy, audio=audio)))


def test_bounded_speech_says_the_rate_that_is_assumed(policy):
    bounded = replace(policy, audio=AudioPolicy.BOUNDED, speech_rate=40)
    assert (
        "Speech reaches the client as far as its clean transcript is sure to cover it: at most 40 characters a "
        "second are assumed."
    ) in permissions.sentences(bounded)


def test_the_notice_is_told_where_speech_can_be_withheld(policy):
    told = replace(policy, withheld_notice="I cannot say that aloud.")
    said = "Where speech is withheld or cut, the model is asked to say: “I cannot say that aloud.”"
    for audio in (AudioPolicy.HOLD, AudioPolicy.BOUNDED, AudioPolicy.KILL):
        assert said in permissions.sentences(replace(told, audio=audio))
    for audio in (AudioPolicy.TEXT_ONLY, AudioPolicy.DELIVER):
        assert said not in permissions.sentences(replace(told, audio=audio))


def test_gated_turns_are_told(policy):
    gated = replace(policy, gated_turns=True, transcription_model="gpt-transcribe")
    said = "What the user says aloud is answered only after its transcript was judged; a find is deleted."
    assert said in permissions.sentences(gated)


def test_the_decision_engine_is_told_without_what_its_address_hides(policy):
    asked = replace(policy, engine=Engine("https://opa.example.com/v1/data?key=1", 0.5))
    assert (
        "The decision engine at https://opa.example.com/v1/data is asked about each call that the rules let through, "
        "and can only be stricter; without an answer in 0.5 s the call is denied."
    ) in permissions.sentences(asked)


def test_where_no_tool_may_be_called_nothing_is_said_of_calls(policy):
    said = " ".join(
        permissions.sentences(replace(policy, grants={}, engine=Engine("https://opa.example.com")))
    )
    assert "In one turn" not in said
    assert "decision engine" not in said


def test_patterns_that_are_only_tried_are_told_apart(policy):
    tried = replace(policy, shadow_patterns=frozenset({"noted"}))
    assert "On the way to the client, hidden: ssn. In shadow mode, so not hidden: noted." in (
        permissions.sentences(tried)
    )


def test_streamed_arguments_are_told_with_the_tool(policy):
    orders = replace(policy.grants["orders"], streams_arguments=True)
    assert permissions.may(replace(policy, grants={"orders": orders})) == [
        "orders: the model sees the whole result; its arguments are shown while the model writes them, before the "
        "call is decided."
    ]


CLASSIFIER = Classifier("pii", "https://pii.example.com")


def about(policy, direction="client_classifiers", **changes):
    asked = replace(policy, **{direction: (replace(CLASSIFIER, **changes),)})
    (said,) = (sentence for sentence in permissions.sentences(asked) if " pii is asked " in sentence)
    return said


def test_a_classifier_is_told_with_its_subject_its_timing_and_what_follows(policy):
    assert about(policy, labels=frozenset({"tone", "PERSON"}), threshold=0.7, on_finding=OnFinding.HIDE) == (
        "On the way to the client, pii is asked about PERSON and tone (score 0.7 and above), and the words wait for "
        "it: the places that it names are hidden, and what it flags without a place is cut; what it cannot judge is "
        "cut."
    )
    assert about(policy) == (
        "On the way to the client, pii is asked about whatever it knows, and the words wait for it: what it flags is "
        "cut; what it cannot judge is cut."
    )


@pytest.mark.parametrize(
    ("direction", "timing", "stopped"),
    [
        ("client_classifiers", Timing.HELD, "is cut"),
        ("client_classifiers", Timing.FLOWING, "ends there, what was shown stays"),
        ("model_classifiers", Timing.HELD, "is kept from the model"),
        ("model_classifiers", Timing.FLOWING, "is taken back from the model, whose answer stops"),
    ],
)
def test_what_is_stopped_is_told_as_it_stops(policy, direction, timing, stopped):
    said = about(policy, direction, timing=timing)
    assert f"what it flags {stopped};" in said
    assert said.endswith(f"what it cannot judge {stopped}.")


def test_what_only_gets_recorded_is_told_so(policy):
    lax = about(policy, on_finding=OnFinding.FLAG, on_failure=OnFailure.PASS)
    assert lax.endswith(": what it flags is only recorded; what it cannot judge passes, on record.")


def test_nothing_is_hidden_in_what_has_gone_already(policy):
    flowing = about(policy, timing=Timing.FLOWING, on_finding=OnFinding.HIDE)
    assert "what it flags ends there, what was shown stays" in flowing
