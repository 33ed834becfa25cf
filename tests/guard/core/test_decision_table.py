"""Thousands of calls, decided twice: by the product, and by an oracle in plain ifs (``decision_oracle``)."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from decision_cases import (
    ATTRIBUTES,
    CALLS_PER_TURN,
    CIRCUMSTANCES,
    ROLES,
    RUN_BY_THE_PROVIDER,
    SCHEMAS,
    Circumstance,
    Row,
    Said,
    rows,
)
from decision_oracle import Expected, approval, expected
from script import policy

from guard.core.approval import Approver
from guard.core.arguments import parse
from guard.core.condition import Condition
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import CallState, Caps, Grant, Policy, Principal, ToolCall, Verdict
from guard.core.running import Runner
from guard.core.tools import Tool

TOOLS = {
    name: Tool(name, "", schema, runner=Runner.MCP if name in RUN_BY_THE_PROVIDER else Runner.CLIENT)
    for name, schema in SCHEMAS.items()
}


def grant(tool: str, said: Said) -> Grant:
    return Grant(
        TOOLS[tool],
        rules=tuple(
            rule for argument, definition in said.rules.items() for rule in parse(argument, definition)
        ),
        caps=Caps(said.per_turn, said.per_session, said.per_day),
        condition=None if said.condition is None else Condition(said.condition.cel),
        approver=Approver(said.approver or "none"),
        enforced=said.enforced,
    )


@cache
def governed(role: str, circumstance: Circumstance) -> Policy:
    return policy(
        principal=Principal("u", "alice", role, ATTRIBUTES),
        grants={tool: grant(tool, said) for tool, said in ROLES[role].items()},
        locked_tools=frozenset(circumstance.locked),
        calls_per_turn=CALLS_PER_TURN,
        engine=Engine("http://localhost/v1/data/x") if circumstance.engine else None,
    )


def facts(row: Row) -> CallState:
    now = row.circumstance
    return CallState(
        stale=now.stale,
        tool_in_turn=now.in_turn,
        tool_in_session=now.in_session,
        tool_on_day=now.on_day,
        calls_in_turn=now.of_all_tools,
        approved=approval(row),
        engine=answer(now.engine),
    )


def answer(engine: str) -> EngineAnswer | None:
    if engine in ("", "absent"):
        return None
    if engine == "timeout":
        return EngineAnswer(Decision.ALLOW, failure=engine)  # whatever else it says, it has failed
    return EngineAnswer(Decision(engine), "because")


def decided(row: Row) -> Verdict:
    call = ToolCall("call_1", row.tool, row.arguments)
    return decide(call, governed(row.role, row.circumstance), facts(row))


def said_by(verdict: Verdict | None) -> Any:
    """As text, so that 1, 1.0 and true are three things."""
    if verdict is None:
        return None
    by = [duty.parameters["by"] for duty in verdict.obligations if duty.kind == "approval"]
    return str(verdict.decision), verdict.rule, json.dumps(verdict.arguments, sort_keys=True), "".join(by)


def wanted_by(oracle: Expected | None) -> Any:
    if oracle is None:
        return None
    return oracle.decision, oracle.rule, json.dumps(oracle.arguments, sort_keys=True), oracle.by


@pytest.mark.parametrize("role", ROLES)
def test_every_row_is_decided_as_the_oracle_says(role: str) -> None:
    wrong = []
    for row in rows(role):
        verdict, (oracle, shadow) = decided(row), expected(row)
        got, wanted = (
            (said_by(verdict), said_by(verdict.shadow)),
            (wanted_by(oracle), wanted_by(shadow)),
        )
        if got != wanted:
            wrong.append(f"{row}\n    decided {got}\n    instead {wanted}")
    assert not wrong, f"{len(wrong)} rows, such as\n" + "\n".join(wrong[:8])


def test_the_table_has_every_answer_in_it() -> None:
    seen: Counter[str] = Counter()
    for role in ROLES:
        for row in rows(role):
            oracle = expected(row)[0]
            seen[oracle.decision] += 1
            seen[oracle.rule] += 1
    rules = {
        f"argument:{argument}:{kind}"
        for role in ROLES.values()
        for said in role.values()
        if said.enforced
        for argument, definition in said.rules.items()
        for kind in definition
    }
    never = {rule for rule in rules if not seen[rule]}
    assert never <= {"argument:order_id:fixed", "argument:amount:at_least"}, never  # others come first there
    for rule in (
        *("policy_stale", "tool_locked", "default_deny", "arguments_malformed", "schema"),
        *(
            "calls_per_turn",
            "cap:per_turn",
            "cap:per_session",
            "cap:per_day",
            "condition",
            "engine",
            "approval",
        ),
        *(str(decision) for decision in Decision),
        *(f"grant:{tool}" for tool in SCHEMAS),
    ):
        assert seen[rule] >= 5, rule
    assert seen.total() // 2 >= 5_000


def test_circumstances_have_names_of_their_own() -> None:
    assert len({each.name for each in CIRCUMSTANCES}) == len(CIRCUMSTANCES)
