"""The policy changes while the decision engine thinks: its answer is about what it was asked, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from provider import FunctionCall
from script import ORDERS, Orders, Script, policy

from guard.core.arguments import parse
from guard.core.commands import AskEngine, CountCall
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import Caps, Grant, Principal

OLD, NEW = Engine("http://old/"), Engine("http://new/")
NARROW, WIDE = Grant(ORDERS, rules=parse("limit", {"at_most": 5})), Grant(ORDERS)
ALLOW = EngineAnswer(Decision.ALLOW)
FAILED = EngineAnswer(failure="timeout")


def asking(grant: Grant = NARROW) -> tuple[Script, AskEngine]:
    script = Script(policy(grants={ORDERS.name: grant}, engine=OLD))
    arguments = '{"account_id":"a","limit":50}'
    return script, script.server(*FunctionCall(ORDERS.name, arguments).all()).only(AskEngine)


def decided(orders: Orders) -> list[tuple[str, str]]:
    return [(record.outcome, record.rule) for record in orders.records if record.verb == "tool.decided"]


@pytest.mark.parametrize(
    "change",
    [
        {"grants": {ORDERS.name: WIDE}},
        {"engine": NEW},
        {"principal": Principal("u", "alice", "customer_support", {"tier": "gold"})},
        {"version": 8, "digest": "e" * 64},
    ],
)
@pytest.mark.parametrize("answer", [ALLOW, FAILED])
def test_an_answer_to_another_question_is_dropped_and_the_engine_of_now_asked(
    change: dict[str, Any], answer: EngineAnswer
) -> None:
    script, first = asking()
    script.replace(**change)
    orders = script.engine(first, answer)
    assert (decided(orders), orders.to_client) == ([], [])
    second = orders.only(AskEngine)
    assert second.question.engine == change.get("engine", OLD)
    assert second.question != first.question
    after = script.engine(second, ALLOW)
    assert [outcome for outcome, _ in decided(after)] == ["allow" if "grants" in change else "constrain"]


def test_the_first_answer_comes_too_late_for_the_second_question() -> None:
    script, first = asking()
    script.replace(grants={ORDERS.name: WIDE})
    second = script.engine(first, ALLOW).only(AskEngine)
    assert script.engine(first, ALLOW) == []
    assert decided(script.engine(second, EngineAnswer(Decision.DENY))) == [("deny", "engine")]


def test_a_denial_of_the_new_rules_needs_no_engine() -> None:
    script, first = asking()
    script.replace(locked_tools=frozenset({ORDERS.name}))
    assert decided(script.engine(first, ALLOW)) == [("deny", "tool_locked")]


def test_without_an_engine_any_more_the_rules_decide() -> None:
    script, first = asking()
    script.replace(engine=None)
    assert decided(script.engine(first, EngineAnswer(Decision.DENY))) == [
        ("constrain", "argument:limit:at_most")
    ]


@pytest.mark.parametrize("count", [0, None])
def test_a_change_while_the_day_is_counted_asks_the_engine_again(count: int | None) -> None:
    script, first = asking(Grant(ORDERS, rules=NARROW.rules, caps=Caps(per_day=9)))
    counting = script.engine(first, ALLOW).only(CountCall)
    script.replace(grants={ORDERS.name: WIDE})
    orders = script.counted(counting, count)
    assert decided(orders) == []
    assert orders.only(AskEngine).question.input["arguments"] == {"account_id": "a", "limit": 50}
