"""A policy that says less lets nothing through that the one before did not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from decision_oracle import narrowed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_up import (
    ENGINE,
    NAME,
    TOOL,
    answers,
    arguments,
    bounds,
    call,
    choices,
    conditions,
    definers,
    engines,
    governed,
    grants,
    lengths,
    rules_of,
    states,
)

from guard.core.approval import Approver
from guard.core.condition import Condition
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import CallState, Grant, Policy, Verdict


def not_looser(
    value: Any, loose: Policy, tight: Policy, state: CallState, tighter: CallState | None = None
) -> tuple[Verdict, Verdict]:
    before, after = decide(call(value), loose, state), decide(call(value), tight, tighter or state)
    assert after.decision.strictness >= before.decision.strictness, (before, after)
    return before, after


def lowered(most: int | None, by: int) -> int:
    return 4 - by if most is None else max(most - by, 0)


@given(
    grants,
    arguments,
    states,
    engines,
    st.integers(0, 3),
    st.sampled_from(["per_turn", "per_session", "per_day"]),
)
def test_a_lower_cap_never_permits_more(
    grant: Grant, value: Any, state: CallState, engine: Engine | None, by: int, which: str
) -> None:
    tight = replace(grant, caps=replace(grant.caps, **{which: lowered(getattr(grant.caps, which), by)}))
    not_looser(value, governed(grant, engine=engine), governed(tight, engine=engine), state)
    not_looser(value, governed(grant), governed(grant, calls_per_turn=by), state)


@given(grants, arguments, states, engines, conditions, st.sampled_from(Approver))
def test_a_condition_an_approver_or_a_lock_more_never_permits_more(
    grant: Grant, value: Any, state: CallState, engine: Engine | None, source: str, approver: Approver
) -> None:
    loose = governed(grant, engine=engine)
    without, alone = replace(grant, condition=None), replace(grant, approver=Approver.NONE)
    both = (
        governed(without, engine=engine),
        governed(replace(without, condition=Condition(source)), engine=engine),
    )
    not_looser(value, *both, state)
    not_looser(
        value,
        governed(alone, engine=engine),
        governed(replace(alone, approver=approver), engine=engine),
        state,
    )
    not_looser(value, loose, replace(loose, locked_tools=frozenset({NAME})), state)
    not_looser(value, loose, loose, state, replace(state, stale=True))
    not_looser(value, loose, loose, state, replace(state, tool_on_day=None))


@given(grants, arguments, states, answers)
def test_an_engine_only_ever_makes_it_stricter(
    grant: Grant, value: Any, state: CallState, answer: EngineAnswer | None
) -> None:
    asked = governed(grant, engine=ENGINE)
    agreed = replace(state, engine=EngineAnswer(Decision.ALLOW))
    not_looser(value, governed(grant), asked, state, agreed)
    not_looser(value, asked, asked, agreed, replace(state, engine=answer))
    approval = replace(state, engine=EngineAnswer(Decision.REQUIRE_APPROVAL))
    not_looser(value, asked, asked, approval, replace(state, engine=EngineAnswer(Decision.DENY)))


paths = st.sampled_from(["a", "b", "a.b", "b.a.c"])


@settings(max_examples=200)
@given(
    definers,
    arguments,
    states,
    paths,
    st.sampled_from(["at_most", "at_least", "max_length"]),
    bounds,
    bounds,
    lengths,
)
def test_a_tighter_bound_never_permits_more_nor_a_wider_value(
    others: dict[str, dict[str, Any]],
    value: Any,
    state: CallState,
    argument: str,
    kind: str,
    one: float,
    other: float,
    length: int,
) -> None:
    """Of a value that no other rule judges: a moved value may please a condition that the one before did not."""
    assume(not any(_overlap(argument, name) for name in others))
    loose, tight = sorted((one, other), reverse=kind == "at_most")
    if kind == "max_length":
        loose, tight = length + 1, length
    before, after = not_looser(
        value,
        governed(Grant(TOOL, rules=rules_of({**others, argument: {kind: loose}}))),
        governed(Grant(TOOL, rules=rules_of({**others, argument: {kind: tight}}))),
        state,
    )
    if after.arguments is not None:
        assert before.arguments is not None
        assert narrowed("anything", dict(after.arguments), {argument: {kind: tight}})[1] == []


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


@given(definers, arguments, states, paths, choices, st.data())
def test_fewer_values_to_choose_from_never_permit_more(
    others: dict[str, dict[str, Any]], value: Any, state: CallState, argument: str, many: list[Any], data: Any
) -> None:
    few = data.draw(st.lists(st.sampled_from(many), min_size=1))
    loose, tight = ({**others, argument: {"one_of": allowed}} for allowed in (many, few))
    not_looser(
        value,
        governed(Grant(TOOL, rules=rules_of(loose))),
        governed(Grant(TOOL, rules=rules_of(tight))),
        state,
    )
    without = {name: said for name, said in others.items() if name != argument}
    not_looser(
        value,
        governed(Grant(TOOL, rules=rules_of(without))),
        governed(Grant(TOOL, rules=rules_of(tight))),
        state,
    )
