"""Verdicts that wait for somebody: the role's engine, the day's count. The stream keeps its order meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from provider import FunctionCall, Utterance, response
from script import CARD, HIDDEN_CARD, ORDERS, Admitted, Orders, Script, policy

from guard.core.commands import AskEngine, CountCall, ToClient
from guard.core.condition import Condition
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.policy import Caps, Grant

ENGINE = Engine("http://localhost:8181/v1/data/sallyport/allow", 0.5)
CALL = '{"account_id":"a1"}'
ALLOW, DENY = EngineAnswer(Decision.ALLOW), EngineAnswer(Decision.DENY, "not on Sundays")


def desk(grant: Grant | None = None, **changes: Any) -> Script:
    return Script(policy(grants={ORDERS.name: grant or Grant(ORDERS)}, **changes))


def asked(arguments: str = CALL, n: int = 1) -> FunctionCall:
    return FunctionCall(ORDERS.name, arguments, f"call_{n}", f"item_{n}", f"resp_{n}")


def outcomes(orders: Orders) -> list[tuple[str, str]]:
    return [(record.outcome, record.rule) for record in orders.records]


def test_the_engine_is_asked_after_the_local_rules_and_hears_all_that_they_know() -> None:
    question = desk(engine=ENGINE).server(*asked().all()).only(AskEngine).question
    assert question.engine == ENGINE
    assert question.input["tool"] == ORDERS.name and question.input["arguments"] == {"account_id": "a1"}
    assert question.input["user"] == {"name": "alice", "attributes": {}}
    assert (question.input["role"], question.input["decision"]) == ("customer_support", "allow")


def test_what_the_local_rules_deny_the_engine_never_hears_of() -> None:
    orders = desk(engine=ENGINE).server(*asked('{"account_id":5}').all())
    assert [c for c in orders if isinstance(c, AskEngine)] == []
    assert outcomes(orders)[0] == ("deny", "schema")


def test_nothing_behind_an_undecided_call_overtakes_it() -> None:
    script, call = desk(engine=ENGINE), asked()
    begun = script.server(*call.all())
    spoken = Utterance("Afterwards", response_id="resp_9", item_id="item_9")
    assert script.server(response("response.created", id="resp_9"), *spoken.all()) == []
    later = script.engine(begun.only(AskEngine), ALLOW)
    types = later.types()
    assert types.index("response.function_call_arguments.done") < types.index("response.done")
    assert types.index("response.done") < len(types) - types[::-1].index("response.created")
    assert "Afterwards" in later.text()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ALLOW, ("allow", "grant:list_recent_orders")),
        (DENY, ("deny", "engine")),
        (EngineAnswer(Decision.CONSTRAIN), ("allow", "grant:list_recent_orders")),
        (EngineAnswer(Decision.REQUIRE_APPROVAL), ("require_approval", "approval")),
        (EngineAnswer(failure="timeout"), ("deny", "engine")),
        (EngineAnswer(Decision.ALLOW, failure="shape"), ("deny", "engine")),
    ],
)
def test_the_engine_can_only_make_it_stricter(answer: EngineAnswer, expected: tuple[str, str]) -> None:
    script = desk(engine=ENGINE)
    orders = script.engine(script.server(*asked().all()).only(AskEngine), answer)
    assert outcomes(orders)[0] == expected


def test_an_engine_that_says_nothing_denies_in_time() -> None:
    script = desk(engine=ENGINE)
    script.server(*asked().all())
    assert script.wait(1.0) == []
    assert outcomes(script.wait(1.0))[0] == ("deny", "engine")


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    script = desk(engine=ENGINE)
    question = script.server(*asked().all()).only(AskEngine)
    script.wait(2.0)
    assert script.engine(question, ALLOW) == []


def test_the_days_calls_are_counted_before_the_verdict() -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_day=3)))
    counting = script.server(*asked().all()).only(CountCall)
    assert (counting.tool, counting.most) == (ORDERS.name, 3)
    assert outcomes(script.counted(counting, 2)) == [("allow", "grant:list_recent_orders")]


@pytest.mark.parametrize("count", [3, 4, None])
def test_a_day_that_is_full_or_unknown_denies(count: int | None) -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_day=3)))
    orders = script.counted(script.server(*asked().all()).only(CountCall), count)
    assert outcomes(orders)[0] == ("deny", "cap:per_day")
    assert "call_1" not in orders.text()


def test_nobody_counting_denies_in_time() -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_day=3)))
    script.server(*asked().all())
    script.session.policy_seen(script.now)
    assert outcomes(script.wait(4.5))[0] == ("deny", "cap:per_day")


def test_calls_that_the_engine_denies_are_not_counted() -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_day=3)), engine=ENGINE)
    orders = script.engine(script.server(*asked().all()).only(AskEngine), DENY)
    assert [c for c in orders if isinstance(c, CountCall)] == []


def test_the_day_is_counted_after_the_engine_agreed() -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_day=3)), engine=ENGINE)
    orders = script.engine(script.server(*asked().all()).only(AskEngine), ALLOW)
    assert outcomes(script.counted(orders.only(CountCall), 0))[0][0] == "allow"


def test_two_calls_of_one_response_are_decided_one_after_the_other() -> None:
    script = desk(engine=ENGINE)
    first, second = asked(), FunctionCall(ORDERS.name, CALL, "call_2", "item_2", "resp_1")
    one = script.server(*first.all()[:-1], *second.all()[1:])
    two = script.engine(one.only(AskEngine), ALLOW)
    last = script.engine(two.only(AskEngine), ALLOW)
    assert [
        c.event["call_id"]
        for c in [*two, *last]
        if isinstance(c, ToClient) and c.event["type"].endswith("arguments.done")
    ] == ["call_1", "call_2"]


def test_a_policy_that_changes_meanwhile_is_the_one_that_decides() -> None:
    script = desk(engine=ENGINE)
    question = script.server(*asked().all()).only(AskEngine)
    script.replace(version=8, grants={})
    assert outcomes(script.engine(question, ALLOW))[0] == ("deny", "default_deny")


def test_more_than_can_wait_ends_the_session() -> None:
    script = desk(engine=ENGINE)
    script.server(*asked().all())
    orders = script.server(*[response("response.created", id=f"r{n}") for n in range(5_001)])
    assert orders.end is not None


def test_t63_calls_over_a_cap_are_denied_and_a_new_turn_counts_anew() -> None:
    script = desk(Grant(ORDERS, caps=Caps(per_turn=2, per_session=3)))
    seen = [outcomes(script.server(*asked(n=n).all()))[0] for n in range(3)]
    assert seen == [("allow", f"grant:{ORDERS.name}")] * 2 + [("deny", "cap:per_turn")]
    words = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "again"}]}
    script.client({"type": "conversation.item.create", "item": words})
    seen = [outcomes(script.server(*asked(n=n).all()))[0] for n in (3, 4)]
    assert seen == [("allow", f"grant:{ORDERS.name}"), ("deny", "cap:per_session")]


def test_t64_a_tool_loop_is_cut() -> None:
    script = desk(calls_per_turn=25)
    seen = [outcomes(script.server(*asked(n=n).all()))[0] for n in range(100)]
    assert [outcome for outcome, _ in seen].count("allow") == 25
    assert seen[25] == ("deny", "calls_per_turn") == seen[99]


def test_a_condition_knows_the_session_and_the_time() -> None:
    condition = Condition(
        "session.calls < 1 && session.id == 'sess_1' && now > timestamp('2026-01-01T00:00:00Z')"
    )
    expires = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp())
    admitted = Admitted(policy(grants={ORDERS.name: Grant(ORDERS, condition=condition)}), expires_at=expires)
    script = Script(admitted)
    assert outcomes(script.server(*asked().all()))[0][0] == "allow"
    assert outcomes(script.server(*asked(n=2).all()))[0] == ("deny", "condition")


def test_a_condition_on_a_time_that_nobody_knows_denies() -> None:
    script = desk(Grant(ORDERS, condition=Condition("now > timestamp('2026-01-01T00:00:00Z')")))
    assert outcomes(script.server(*asked().all()))[0] == ("deny", "condition")


def test_a_grant_that_is_only_tried_records_what_it_would_have_said() -> None:
    script = desk(Grant(ORDERS, condition=Condition("false"), enforced=False))
    [record] = script.server(*asked().all()).records
    assert record.outcome == "allow"
    assert record.fields["shadow"] == {"decision": "deny", "rule": "condition"}


def test_a_call_that_the_client_never_answers_is_answered_for_it() -> None:
    script = desk()
    script.server(*asked().all())
    for _ in range(2):
        script.session.policy_seen(script.now)
        script.wait(14)
    script.session.policy_seen(script.now)
    orders = script.wait(3)
    assert [event["type"] for event in orders.to_upstream] == ["conversation.item.create", "response.create"]
    assert [(r.verb, r.outcome) for r in orders.records] == [("tool.abandoned", "timeout")]
    late = {"type": "function_call_output", "call_id": "call_1", "output": "late"}
    assert script.client({"type": "conversation.item.create", "item": late}).to_upstream == []


def test_what_denies_is_the_same_whether_or_not_the_day_was_counted() -> None:
    """The day is counted last, so a record without a count says nothing else than one with it."""
    grant = Grant(ORDERS, caps=Caps(per_day=3), condition=Condition("args.account_id == 'a2'"))
    [record] = desk(grant).server(*asked().all()).records[:1]
    assert (record.rule, record.fields["inputs"]["tool_on_day"]) == ("condition", None)
    script = desk(replace(grant, condition=None), engine=ENGINE)
    record = script.engine(script.server(*asked().all()).only(AskEngine), DENY).records[0]
    assert (record.rule, record.fields["inputs"]["tool_on_day"]) == ("engine", None)


def test_a_policy_that_grows_too_old_while_the_engine_thinks_denies_whatever_the_engine_says() -> None:
    for answer in (ALLOW, DENY):
        script = desk(engine=replace(ENGINE, deadline=60.0))
        question = script.server(*asked().all()).only(AskEngine)
        script.now += 15.0
        record = script.engine(question, answer).records[0]
        assert (record.rule, record.fields["inputs"]["stale"]) == ("policy_stale", True)


def test_what_the_engine_gives_as_its_reason_is_redacted_on_record() -> None:
    script = desk(engine=ENGINE)
    question = script.server(*asked().all()).only(AskEngine)
    [record] = script.engine(question, EngineAnswer(Decision.DENY, f"card {CARD} is blocked")).records[:1]
    assert CARD not in repr(record)
    assert HIDDEN_CARD in record.reason and HIDDEN_CARD in record.fields["inputs"]["engine"]["reason"]
