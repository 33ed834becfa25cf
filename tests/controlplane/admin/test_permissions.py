"""A compiled policy as sentences. No database: the policy is built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.admin import permissions
from guard.core.policy import AudioPolicy, Grant, Limits, Policy, Principal
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
        "On the way to the client, hidden: ssn. Only recorded: noted.",
        "On the way to the model, hidden: nothing.",
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
