"""A recorded decision, made again: certain answers are never wrong, and what is not certain says why."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from decisions import KEY, arguments, as_a_session_decides, attributes, facts, grant, recorded, some_policy
from hypothesis import given
from hypothesis import strategies as st
from script import CARD, CARD_RULE, policy

from guard.core.approval import Approver, digest_of
from guard.core.arguments import parse
from guard.core.condition import Condition
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import CallState, Caps, Grant, Policy, Principal, ToolCall
from guard.core.redact import Redactor
from guard.core.replay import Replayed, replay
from guard.core.tools import Tool

FREE = {"type": "object"}


def outcome(verdict: Any) -> tuple[str, str]:
    return str(verdict.decision), verdict.rule


def check(seed: int) -> Replayed:
    """One call under one policy, replayed under another; both answers against the truth."""
    chance = Random(seed)
    user = attributes(chance)
    call = ToolCall("call_1", "tool", arguments(chance))
    then, draft = some_policy(chance, user), some_policy(chance, user)
    known = facts(chance, call, then)
    fields = recorded(call, as_a_session_decides(call, then, known), known, then)
    today = user if chance.random() < 0.5 else attributes(chance)

    def now(policy: Policy) -> Policy:
        return replace(
            policy, principal=replace(policy.principal, attributes=today), locked_tools=frozenset()
        )

    same = replay(fields, now(then))
    if same.certain:
        assert outcome(same.verdict) == (
            str(fields_decision(fields, call, then, known)),
            fields["considered"][-1],
        )
    other = replay(fields, now(draft))
    was_locked = frozenset({"tool"} if fields["considered"][-1] == "tool_locked" else ())
    truth = as_a_session_decides(call, replace(draft, locked_tools=was_locked), known)
    if other.certain:
        assert outcome(other.verdict) == outcome(truth), seed
        if "sealed" not in fields:
            assert other.verdict is not None
            assert other.verdict.arguments == truth.arguments
    return other


def fields_decision(fields: dict[str, Any], call: ToolCall, then: Policy, known: CallState) -> Decision:
    return as_a_session_decides(call, then, known).decision


@pytest.mark.parametrize(
    "block", [0, 1, *(pytest.param(block, marks=pytest.mark.soak) for block in range(2, 8))]
)
def test_a_certain_answer_is_never_wrong(block: int) -> None:
    certain = Counter(check(seed).certain for seed in range(block * 1_000, block * 1_000 + 1_000))
    assert certain[True] > 600, "it may not hide behind doubts"


@given(st.integers(min_value=10_000))
def test_nor_on_calls_that_nobody_thought_of(seed: int) -> None:
    check(seed)


# -- one doubt after the other


def asked(text: str, *, user: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The record of a call that a policy without rules let through."""
    then = policy_with(Grant(Tool("tool", "", FREE)), user=user, digest="0" * 64)
    call, state = ToolCall("call_1", "tool", text), CallState(**more)
    return recorded(call, decide(call, then, state), state, then)


def policy_with(
    found: Grant, *, user: dict[str, Any] | None = None, digest: str = "1" * 64, **more: Any
) -> Policy:
    who = Principal("u", "alice", "support", user or {})
    redactor = Redactor([CARD_RULE])
    return policy(
        principal=who, grants={"tool": found}, to_client=redactor, digest=digest, evidence_key=KEY, **more
    )


def narrowed(argument: str, **rules: Any) -> Grant:
    return Grant(Tool("tool", "", FREE), rules=parse(argument, rules))


HIDDEN = json.dumps({"card": CARD})
MINE = {"card": CARD}


def test_a_hidden_value_that_the_user_still_has_is_recognised() -> None:
    fields = asked(HIDDEN, user=MINE)
    assert CARD not in json.dumps(fields)
    found = replay(fields, policy_with(narrowed("card", owned="card"), user=MINE))
    assert found.certain
    assert found.verdict is not None
    assert found.verdict.arguments == {"card": CARD}


def test_what_was_the_user_s_own_then_is_it_although_it_has_changed() -> None:
    found = replay(asked(HIDDEN, user=MINE), policy_with(narrowed("card", owned="card"), user={"card": "x"}))
    assert (found.certain, outcome(found.verdict)) == (True, ("allow", "grant:tool"))


def test_what_was_somebody_else_s_is_refused_for_certain() -> None:
    other = {"card": "4222 2222 2222 2222"}
    found = replay(asked(HIDDEN, user=other), policy_with(narrowed("card", owned="card"), user=other))
    assert (found.certain, outcome(found.verdict)) == (True, ("deny", "argument:card:owned"))


@pytest.mark.parametrize(("allowed", "decision"), [([CARD, "x"], "allow"), (["x"], "deny")])
def test_a_hidden_value_is_compared_with_what_the_draft_allows(allowed: list[str], decision: str) -> None:
    found = replay(asked(HIDDEN), policy_with(narrowed("card", one_of=allowed)))
    assert found.certain
    assert outcome(found.verdict)[0] == decision


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (Grant(Tool("tool", "", {"type": "object", "properties": {"card": {"pattern": "^4"}}})), "schema"),
        (narrowed("card", max_length=3), "argument:card:max_length"),
        (Grant(Tool("tool", "", FREE), condition=Condition("args.card != ''")), "condition"),
    ],
)
def test_what_measures_a_hidden_value_is_not_certain(draft: Grant, why: str) -> None:
    found = replay(asked(HIDDEN), policy_with(draft))
    assert not found.certain
    assert why in found.why


@pytest.mark.parametrize("rule", [{"at_most": 5}, {"at_least": 5}])
def test_a_bound_on_a_hidden_number_is_not_certain(rule: dict[str, int]) -> None:
    found = replay(asked('{"card": 4111111111111111}'), policy_with(narrowed("card", **rule)))
    assert not found.certain


def test_hidden_numbers_that_are_written_differently_may_be_equal() -> None:
    fields = asked('{"card": 4111111111111111.0}', user={"card": 4111111111111111})
    draft = policy_with(narrowed("card", owned="card"), user={"card": 4111111111111111})
    assert outcome(replay(fields, draft).verdict)[0] == "allow"
    found = replay(fields, policy_with(narrowed("card", owned="card")))
    assert (found.certain, found.why) == (False, "hidden numbers may be equal")


def test_a_length_that_is_on_record_is_exact() -> None:
    assert replay(asked(HIDDEN), policy_with(narrowed("card", max_length=19))).certain


def test_what_is_denied_before_anybody_looks_at_arguments_is_certain() -> None:
    draft = policy_with(Grant(Tool("other", "", FREE)))
    found = replay(asked(HIDDEN), draft)
    assert (found.certain, outcome(found.verdict)) == (True, ("deny", "default_deny"))


def test_an_engine_that_was_not_asked_this_leaves_a_doubt() -> None:
    plain = Grant(Tool("tool", "", FREE))
    assert not replay(asked("{}"), policy_with(plain, engine=Engine("http://engine/"))).certain
    answered = asked("{}", engine=EngineAnswer(Decision.ALLOW))
    assert not replay(answered, policy_with(plain, engine=Engine("http://engine/"))).certain
    assert replay(answered, policy_with(plain, engine=Engine("http://engine/"), digest="0" * 64)).certain


def test_a_cap_for_a_day_that_nobody_counted_leaves_a_doubt() -> None:
    capped = Grant(Tool("tool", "", FREE), caps=Caps(per_day=3))
    assert not replay(asked("{}"), policy_with(capped)).certain
    counted = replay(asked("{}", tool_on_day=3), policy_with(capped))
    assert (counted.certain, outcome(counted.verdict)) == (True, ("deny", "cap:per_day"))


def test_calls_that_a_cap_refused_were_not_counted() -> None:
    then = policy_with(Grant(Tool("tool", "", FREE), caps=Caps(per_session=1)), digest="0" * 64)
    call, state = ToolCall("call_1", "tool", "{}"), CallState(tool_in_session=1)
    fields = recorded(call, decide(call, then, state), state, then)
    wider = replay(fields, policy_with(Grant(Tool("tool", "", FREE), caps=Caps(per_session=2))))
    assert (wider.certain, outcome(wider.verdict)[0]) == (False, "allow")
    assert replay(fields, policy_with(Grant(Tool("tool", "", FREE)))).certain


def test_consent_counts_for_exactly_what_was_agreed_to() -> None:
    agreed = asked('{"limit": 9}', approved=digest_of("tool", {"limit": 9}))
    supervised = Grant(Tool("tool", "", FREE), approver=Approver.SUPERVISOR)
    found = replay(agreed, policy_with(supervised))
    assert (found.certain, outcome(found.verdict)[0]) == (True, "allow")
    lower = replace(supervised, rules=parse("limit", {"at_most": 5}))
    found = replay(agreed, policy_with(lower))
    assert (found.certain, outcome(found.verdict)[0]) == (False, "require_approval")


def test_locks_are_those_of_then() -> None:
    plain = Grant(Tool("tool", "", FREE))
    locked = policy_with(plain, locked_tools=frozenset({"tool"}))
    assert outcome(replay(asked("{}"), locked).verdict)[0] == "allow"
    call = ToolCall("call_1", "tool", "{}")
    fields = recorded(call, decide(call, locked, CallState()), CallState(), locked)
    assert outcome(replay(fields, policy_with(plain)).verdict) == ("deny", "tool_locked")


def test_text_that_was_no_json_is_still_none() -> None:
    fields = asked("{nonsense")
    found = replay(fields, policy_with(Grant(Tool("tool", "", FREE))))
    assert (found.certain, outcome(found.verdict)) == (True, ("deny", "arguments_malformed"))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"replayable": False}, "does not hold"),
        ({"inputs": None}, "does not hold"),
        ({"inputs": {}}, "incomplete"),
        ({"inputs": "[truncated: 40000 characters of JSON]"}, "does not hold"),
        ({"arguments": '{"card": "aaaa…[truncated: 5000 characters]'}, "cut"),
        ({"attributes": {"note": "a…[truncated: 5000 characters]"}}, "cut"),
        ({"attributes": "[truncated: 40000 characters of JSON]"}, "cut"),
        ({"sealed": {"arguments": {"/gone": {"hash": "0", "type": "str", "length": 1}}}}, "no place"),
        ({"sealed": {"arguments": {"/card": {"hash": "0"}}}}, "by half"),
        ({"sealed": {"arguments": {"/card": {"hash": "0" * 64, "type": "set", "length": 1}}}}, "no type"),
        ({"sealed": {"key": "another"}}, "another key"),
    ],
)
def test_what_is_not_wholly_on_record_is_not_guessed(changed: dict[str, Any], why: str) -> None:
    found = replay(asked('{"card": "x"}') | changed, policy_with(Grant(Tool("tool", "", FREE))))
    assert (found.verdict, found.certain) == (None, False)
    assert why in found.why


def test_a_record_from_before_there_were_inputs_is_not_replayed() -> None:
    found = replay({"tool": "tool", "arguments": "{}"}, policy_with(grant(Random(1))))
    assert found.verdict is None
