"""Records of decisions: made again from what they hold, and nothing in them that the redactor hides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider import FunctionCall
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS, Script, policy

from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer
from guard.core.evidence import MOST_RECORDED, fields_of, hash_of, inputs_from, on_record, sealed
from guard.core.policy import CallState, Grant, Policy, Principal, ToolCall
from guard.core.redact import Redactor

KEY = b"k" * 32
REDACTOR = Redactor([CARD_RULE])
FRESH = CallState()
SEALED = {"account_id": CARD}


def governed(**attributes: Any) -> Policy:
    principal = Principal("u", "alice", "customer_support", attributes)
    return policy(evidence_key=KEY, principal=principal)


def fields(arguments: Any, state: CallState = FRESH, **attributes: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    governing = governed(**attributes)
    verdict = decide(ToolCall("call_1", ORDERS.name, text), governing, state)
    return fields_of(text, verdict, state, governing)


def test_a_record_of_harmless_arguments_holds_them_and_no_seals() -> None:
    recorded = fields({"account_id": "a", "limit": 5}, account_id="a")
    assert json.loads(recorded["arguments"]) == {"account_id": "a", "limit": 5}
    assert recorded["attributes"] == {"account_id": "a"}
    assert recorded["replayable"] is True
    assert "sealed" not in recorded and "shadow" not in recorded


def test_a_hidden_value_is_known_again_by_who_has_the_key_and_the_value() -> None:
    recorded = fields(SEALED, account_id=CARD, other=["x", CARD])
    [seal] = recorded["sealed"]["arguments"].values()
    assert recorded["sealed"]["arguments"] == {"/account_id": seal}
    assert seal == {"hash": hash_of(CARD, KEY), "type": "str", "length": len(CARD)}
    assert (
        recorded["sealed"]["attributes"]["/account_id"]
        == recorded["sealed"]["attributes"]["/other/1"]
        == seal
    )
    assert seal["hash"] not in (hash_of(CARD, b"another"), hash_of(CARD, b""), hash_of(f"{CARD} ", KEY))


def test_nothing_hidden_is_in_the_record() -> None:
    recorded = fields(SEALED, account_id=CARD, deep={"in": [f"my card is {CARD}"]}, number=4111111111111111)
    text = json.dumps(recorded)
    for hidden in (CARD, CARD.replace(" ", ""), "my card is 4"):
        assert hidden not in text
    assert recorded["attributes"]["deep"] == {"in": [f"my card is {HIDDEN_CARD}"]}


def test_a_name_that_is_hidden_seals_the_object_that_has_it() -> None:
    recorded = fields({"account_id": "a", CARD: 1})
    [(pointer, seal)] = recorded["sealed"]["arguments"].items()
    assert (pointer, seal["type"], seal["length"]) == ("", "dict", 2)
    assert seal["hash"] == hash_of({CARD: 1, "account_id": "a"}, KEY)
    assert CARD not in json.dumps(recorded)


def test_a_pointer_escapes_what_stands_for_something_else_in_it() -> None:
    assert dict(sealed({"a/b~": ["x", CARD]}, {"a/b~": ["x", HIDDEN_CARD]}, KEY)).keys() == {"/a~1b~0/1"}


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, "1"), (None, "None"), ([1], [1, 2]), ({}, [])])
def test_what_differs_in_type_or_size_alone_is_sealed(one: Any, other: Any) -> None:
    assert dict(sealed({"a": one}, {"a": other}, KEY))["/a"]["hash"] == hash_of(one, KEY)


@pytest.mark.parametrize(
    "arguments", ["", "{", "nonsense", '{"a": 1, "a": 2}', f"card {CARD}", f'{{"a": "{CARD}']
)
def test_what_cannot_be_read_is_told_by_its_size_alone(arguments: str) -> None:
    shown = on_record(arguments, REDACTOR)
    assert shown.startswith("unreadable (") and shown.endswith(f"{len(arguments)} characters")
    assert CARD not in json.dumps(fields(arguments))


def test_arguments_too_long_to_keep_are_cut_and_cannot_be_decided_again() -> None:
    exact = json.dumps({"account_id": "x" * (MOST_RECORDED - 18)})
    assert len(exact) == MOST_RECORDED
    assert fields(exact)["replayable"] is True
    longer = fields(json.dumps({"account_id": "x" * MOST_RECORDED}))
    assert longer["replayable"] is False
    assert len(longer["arguments"]) <= MOST_RECORDED


def test_a_card_across_the_cut_is_not_half_shown() -> None:
    start = '{"account_id": "'
    padded = start + "x" * (MOST_RECORDED - len(start) - 10) + " " + CARD + '"}'
    assert "4111" not in on_record(padded, REDACTOR)


def test_what_a_tried_grant_would_have_said_is_on_record() -> None:
    tried = replace(governed(), grants={ORDERS.name: Grant(ORDERS, enforced=False)})
    verdict = decide(ToolCall("c", ORDERS.name, '{"account_id": "a"}'), tried, CallState())
    recorded = fields_of('{"account_id": "a"}', verdict, CallState(), tried)
    assert recorded["shadow"] == {"decision": "allow", "rule": "grant:list_recent_orders"}


states = st.builds(
    CallState,
    stale=st.booleans(),
    tool_in_turn=st.integers(0, 99),
    tool_in_session=st.integers(0, 99),
    tool_on_day=st.none() | st.integers(0, 99),
    calls_in_turn=st.integers(0, 99),
    approved=st.text(max_size=64),
    engine=st.none() | st.builds(EngineAnswer, st.sampled_from(Decision), st.text(), st.text()),
    session=st.dictionaries(
        st.text(max_size=5), st.integers(-(2**40), 2**40) | st.text(max_size=5), max_size=3
    ),
    now=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(states)
def test_the_facts_of_a_decision_come_back_from_its_record(state: CallState) -> None:
    recorded = json.loads(json.dumps(fields({"account_id": "a"}, state)["inputs"]))
    assert inputs_from(recorded) == state


def test_times_keep_their_microseconds() -> None:
    state = CallState(now=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC))
    assert inputs_from(fields({"account_id": "a"}, state)["inputs"]).now == state.now


@pytest.mark.parametrize(
    "change",
    [{"engine": {}}, {"engine": {"decision": "maybe", "reason": "", "failure": ""}}, {"now": "noon"}],
)
def test_inputs_that_were_never_written_so_are_refused(change: dict[str, Any]) -> None:
    recorded = fields({"account_id": "a"})["inputs"] | change
    with pytest.raises((ValueError, TypeError, KeyError)):
        inputs_from(recorded)
    with pytest.raises(KeyError):
        inputs_from({})


texts = st.sampled_from([CARD, f"pay with {CARD}.", "a", "", "4111", "\U0001f600"]) | st.text(max_size=5)
trees = st.recursive(
    texts.filter(lambda text: text.isprintable())
    | st.integers(-9, 9)
    | st.just(4111111111111111)
    | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", CARD]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["account_id", "x"]), trees, max_size=2),
    st.dictionaries(st.just("a"), trees),
)
def test_whatever_is_recorded_hides_cards_and_seals_each_place_with_one(
    arguments: Any, attributes: Any
) -> None:
    recorded = fields(arguments, **attributes)
    text = json.dumps(recorded, ensure_ascii=False)
    assert CARD not in text and "4111111111111111" not in text
    seals = recorded.get("sealed", {})
    for kind, original in (("arguments", arguments), ("attributes", attributes)):
        for pointer, seal in seals.get(kind, {}).items():
            assert seal["hash"] == hash_of(_at(original, pointer), KEY)


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = (
            value[int(step)] if isinstance(value, list) else value[step.replace("~1", "/").replace("~0", "~")]
        )
    return value


def test_a_session_records_as_much() -> None:
    script = Script(governed(account_id=CARD))
    record = script.server(*FunctionCall(ORDERS.name, json.dumps(SEALED)).all()).records[0]
    assert record.fields["sealed"]["arguments"]["/account_id"]["hash"] == hash_of(CARD, KEY)
    assert CARD not in json.dumps(record.fields)
