"""Calls, grants and circumstances made up by Hypothesis. Every name and value of them begins with ``zq_``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from script import policy

from guard.core.approval import Approver
from guard.core.arguments import ArgumentRule, parse
from guard.core.condition import Condition
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import CallState, Caps, Grant, Policy, Principal, ToolCall
from guard.core.running import Runner
from guard.core.tools import Tool

NAME, ROLE, ATTRIBUTE = "zq_tool", "zq_role", "zq_attribute"
OWN = ["zq_mine", 7]
TOOL = Tool(NAME, "", {"type": "object"})
SERVED = replace(TOOL, runner=Runner.MCP)
ENGINE = Engine("http://localhost/v1/data/x")

numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from(
    [0, 1, 5, 7, 1.0, 5.5, 1e308, -1e308, 5e-324]
)
texts = st.sampled_from(["", "zq_mine", "zq_value", "zq_\U0001f600\u0301", "7"])
leaves = numbers | texts | st.booleans() | st.none()
names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(names, values, max_size=3)

bounds = st.integers(-10, 10) | st.sampled_from([0.5, 1e308, -0.0, 2**60, 10**400])
lengths = st.integers(0, 4)
choices = st.lists(leaves, min_size=1, max_size=4)
definitions = st.one_of(
    st.fixed_dictionaries({}, optional={"at_most": bounds, "at_least": bounds, "one_of": choices}),
    st.fixed_dictionaries({"max_length": lengths}, optional={"one_of": choices}),
    st.just({"owned": ATTRIBUTE}),
    st.just({"dropped": True}),
    st.fixed_dictionaries(
        {"fixed": leaves.filter(lambda value: value is not None) | st.just(f"@{ATTRIBUTE}")}
    ),
).filter(bool)
definers = st.dictionaries(st.sampled_from(["a", "b", "c", "a.b", "a.b.c", "b.a"]), definitions, max_size=3)

conditions = st.sampled_from(
    ["true", "false", "args.a == 1", "args.b > 5", "has(args.c)", "args.zz == 1", "role == 'zq_role'", "1"]
)
caps = st.none() | st.integers(0, 4)
answers = st.none() | st.builds(
    EngineAnswer, st.sampled_from(Decision), st.just("zq_reason"), st.sampled_from(["", "", "timeout"])
)
states = st.builds(
    CallState,
    stale=st.sampled_from([False, False, False, True]),
    tool_in_turn=st.integers(0, 4),
    tool_in_session=st.integers(0, 4),
    tool_on_day=st.none() | st.integers(0, 4),
    calls_in_turn=st.integers(0, 26),
    approved=st.sampled_from(["", "0" * 64]),
    engine=answers,
)


def rules_of(said: dict[str, dict[str, Any]]) -> tuple[ArgumentRule, ...]:
    return tuple(rule for argument, definition in said.items() for rule in parse(argument, definition))


grants = st.builds(
    Grant,
    st.sampled_from([TOOL, TOOL, SERVED]),
    hidden_fields=st.sampled_from([frozenset(), frozenset({"zq_hidden"})]),
    visible_fields=st.sampled_from([None, frozenset({"zq_seen"})]),
    rules=definers.map(rules_of),
    caps=st.builds(Caps, caps, caps, caps),
    condition=st.none() | conditions.map(Condition),
    approver=st.sampled_from(Approver),
)


def governed(grant: Grant | None, **changes: Any) -> Policy:
    principal = Principal("u", "zq_user", ROLE, {ATTRIBUTE: OWN})
    granted = {} if grant is None else {NAME: grant}
    return policy(**{"principal": principal, "grants": granted, **changes})


def call(value: Any) -> ToolCall:
    return ToolCall("call_1", NAME, value if isinstance(value, str) else json.dumps(value))


engines = st.sampled_from([None, ENGINE])
