"""What holds of every decision, whatever the grant, the call and the circumstances."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from decision_oracle import Denied, narrowed
from hypothesis import given
from hypothesis import strategies as st
from made_up import (
    ATTRIBUTE,
    NAME,
    OWN,
    ROLE,
    TOOL,
    arguments,
    call,
    definers,
    engines,
    governed,
    grants,
    leaves,
    rules_of,
    states,
)

from guard.core.approval import Approver, digest_of
from guard.core.arguments import ArgumentRule, RuleKind
from guard.core.decide import NOT_ACCEPTED, NOT_AVAILABLE, NOT_NOW, WAITING, decide
from guard.core.decision import Decision
from guard.core.engine import Engine
from guard.core.policy import CallState, Grant, Principal, Verdict

raw = st.text(max_size=40) | st.text('{}[]",:01aeE+-.\\ud8', max_size=40) | arguments.map(json.dumps)


@given(grants, raw, states, engines)
def test_every_call_gets_a_verdict_whatever_its_arguments_are(
    grant: Grant, text: str, state: CallState, engine: Engine | None
) -> None:
    for enforced in (True, False):
        verdict = decide(call(text), governed(replace(grant, enforced=enforced), engine=engine), state)
        assert verdict.rule and verdict.reason and verdict.rule != "error"
        assert (verdict.arguments is None) == (verdict.decision is Decision.DENY)
        assert verdict.message in (
            "" if verdict.decision.permits else NOT_AVAILABLE,
            NOT_ACCEPTED,
            NOT_NOW,
            WAITING,
        )


@given(grants, arguments, states, engines)
def test_what_the_model_hears_names_nothing(
    grant: Grant, value: Any, state: CallState, engine: Engine | None
) -> None:
    verdict = decide(call(value), governed(grant, engine=engine), state)
    assert "zq_" not in verdict.message
    assert "zq_mine" not in verdict.reason and "zq_value" not in verdict.reason


@given(grants, arguments, states, engines)
def test_without_its_grant_no_call_is_made(
    grant: Grant, value: Any, state: CallState, engine: Engine | None
) -> None:
    assert decide(call(value), governed(None, engine=engine), state).decision is Decision.DENY
    other = governed(None, grants={"zq_other": grant}, engine=engine)
    assert decide(call(value), other, state).decision is Decision.DENY


@given(definers, arguments, states)
def test_arguments_that_are_delivered_keep_every_rule(
    said: dict[str, dict[str, Any]], value: Any, state: CallState
) -> None:
    state = replace(state, stale=False, calls_in_turn=0)
    verdict = decide(call(value), governed(Grant(TOOL, rules=rules_of(said))), state)
    if verdict.arguments is None:
        return
    try:
        _, changed = narrowed("anything", dict(verdict.arguments), _with_attribute(said))
    except Denied as denied:
        raise AssertionError(f"{verdict.arguments} breaks {denied.rule}") from None
    assert not changed
    if verdict.decision is Decision.ALLOW:
        assert json.dumps(verdict.arguments) == json.dumps(value)


def _with_attribute(said: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """In words of the oracle, whose user has other attributes."""
    own: dict[str, Any] = {"fixed": OWN, "one_of": OWN}
    return {
        argument: {
            {"owned": "one_of"}.get(kind, kind): own[kind.replace("owned", "one_of")]
            if bound in (ATTRIBUTE, f"@{ATTRIBUTE}")
            else bound
            for kind, bound in definition.items()
        }
        for argument, definition in said.items()
    }


# -- a grant that is only tried


def spoken(verdict: Verdict) -> Any:
    kept = (verdict.decision, verdict.rule, verdict.reason, verdict.message, verdict.obligations)
    return (*kept, json.dumps(verdict.arguments))


@given(grants, arguments, states, engines)
def test_a_grant_that_is_only_tried_decides_as_if_it_had_no_rules_and_tells_what_they_say(
    grant: Grant, value: Any, state: CallState, engine: Engine | None
) -> None:
    bare = Grant(grant.tool, grant.hidden_fields, visible_fields=grant.visible_fields)
    tried = decide(call(value), governed(replace(grant, enforced=False), engine=engine), state)
    waits = grant.approval_seconds == bare.approval_seconds
    assert waits and spoken(tried) == spoken(decide(call(value), governed(bare, engine=engine), state))
    assert tried.shadow == decide(call(value), governed(grant, engine=engine), state)


# -- consent


def leaf_ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [found for step, part in parts for found in leaf_ways(part, (*way, step))]
    return inner or ([way] if way else [])


def put(value: Any, way: tuple[Any, ...], leaf: Any) -> Any:
    if not way:
        return leaf
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[way[0]] = put(value[way[0]], way[1:], leaf)
    return changed


@given(arguments.filter(bool), leaves, st.data())
def test_another_leaf_is_another_action(value: Any, leaf: Any, data: Any) -> None:
    way = data.draw(st.sampled_from(leaf_ways(value)))
    other = put(value, way, leaf)
    same = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest_of(NAME, value) == digest_of(NAME, other)) is same
    assert digest_of(NAME, value) != digest_of(f"{NAME}_", value)
    assert digest_of(NAME, value) == digest_of(NAME, dict(reversed(value.items())))


@given(arguments, arguments, states)
def test_consent_to_one_action_is_none_to_another(value: Any, other: Any, state: CallState) -> None:
    state = replace(state, stale=False, calls_in_turn=0, approved=digest_of(NAME, other))
    verdict = decide(call(value), governed(Grant(TOOL, approver=Approver.USER)), state)
    same = json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert verdict.decision is (Decision.ALLOW if same else Decision.REQUIRE_APPROVAL)


def test_an_attribute_that_is_no_json_denies_like_any_other_fault() -> None:
    rules = (ArgumentRule("a", RuleKind.FIXED, f"@{ATTRIBUTE}"),)
    odd = Principal("u", "u", ROLE, {ATTRIBUTE: {1, 2}})
    governing = governed(Grant(TOOL, rules=rules, approver=Approver.USER), principal=odd)
    verdict = decide(call({}), governing, CallState())
    assert (verdict.decision, verdict.rule, verdict.message) == (Decision.DENY, "error", NOT_AVAILABLE)
    assert verdict.reason == "TypeError in rule approval"
