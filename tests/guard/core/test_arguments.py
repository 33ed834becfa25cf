"""Rules on arguments narrow or refuse, and never loosen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.arguments import ArgumentRule, Narrowed, Refused, RuleKind, narrow, parse

ALICE = {"account_id": "acct_42", "orders": ["7", "8"], "level": 1}


def kept(arguments: dict[str, Any], **rules: Any) -> Narrowed:
    parsed = [
        rule
        for argument, definition in rules.items()
        for rule in parse(argument.replace("__", "."), definition)
    ]
    return narrow(arguments, tuple(parsed), ALICE)


@pytest.mark.parametrize(
    ("arguments", "rules", "left"),
    [
        ({"account_id": "acct_1"}, {"account_id": {"fixed": "@account_id"}}, {"account_id": "acct_42"}),
        ({}, {"account_id": {"fixed": "@account_id"}}, {"account_id": "acct_42"}),
        ({"a": 1}, {"a": {"fixed": {"deep": [1]}}}, {"a": {"deep": [1]}}),
        ({"note": "x", "id": 1}, {"note": {"dropped": True}}, {"id": 1}),
        ({"limit": 99}, {"limit": {"at_most": 50}}, {"limit": 50}),
        ({"limit": -1}, {"limit": {"at_least": 1, "at_most": 50}}, {"limit": 1}),
        ({"limit": 7.5}, {"limit": {"at_least": 1, "at_most": 50}}, {"limit": 7.5}),
        ({"note": "abcdef"}, {"note": {"max_length": 3}}, {"note": "abc"}),
        ({"ids": [1, 2, 3]}, {"ids": {"max_length": 2}}, {"ids": [1, 2]}),
        ({"order": {"amount": 9}}, {"order__amount": {"at_most": 5}}, {"order": {"amount": 5}}),
        ({"rows": [{"n": 9}, {"n": 1}]}, {"rows__n": {"at_most": 5}}, {"rows": [{"n": 5}, {"n": 1}]}),
        ({}, {"who__id": {"fixed": "@account_id"}}, {"who": {"id": "acct_42"}}),
    ],
)
def test_a_rule_narrows_and_says_so(arguments: Any, rules: Any, left: Any) -> None:
    narrowed = kept(arguments, **rules)
    assert narrowed.arguments == left
    assert bool(narrowed.changed) is (json.dumps(left) != json.dumps(arguments))


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        ({"limit": "99"}, {"limit": {"at_most": 50}}),
        ({"limit": True}, {"limit": {"at_most": 50}}),
        ({"limit": None}, {"limit": {"at_most": 50}}),
        ({"note": 5}, {"note": {"max_length": 3}}),
        ({"kind": "c"}, {"kind": {"one_of": ["a", "b"]}}),
        ({"kind": True}, {"kind": {"one_of": [1]}}),
        ({"order_id": "9"}, {"order_id": {"owned": "orders"}}),
        ({"order_id": ["7"]}, {"order_id": {"owned": "orders"}}),
        ({}, {"order_id": {"owned": "orders"}}),
        ({"account_id": "acct_4"}, {"account_id": {"owned": "account_id"}}),
        ({"level": True}, {"level": {"owned": "level"}}),
        ({"x": "y"}, {"x": {"owned": "nothing"}}),
        ({"x": None}, {"x": {"owned": "nothing"}}),
        ({"x": 1}, {"x": {"fixed": "@nothing"}}),
        ({"who": "me"}, {"who__id": {"fixed": "@account_id"}}),
        ({"who": None}, {"who__id": {"fixed": "@account_id"}}),
        ({"who": 5}, {"who__is__id": {"fixed": "@account_id"}}),
        ({"who": []}, {"who__id": {"fixed": "@account_id"}}),
        ({"rows": [{"id": "7"}, {"note": "x"}]}, {"rows__id": {"owned": "orders"}}),
        ({"rows": [{"id": "7"}, None]}, {"rows__id": {"owned": "orders"}}),
        ({"rows": [{"id": "7"}, [{"id": "9"}]]}, {"rows__id": {"owned": "orders"}}),
        ({"rows": [{"of": {"id": "7"}}, [{"of": {"id": "9"}}]]}, {"rows__of__id": {"owned": "orders"}}),
        ({"rows": [{"of": {"id": "7"}}, "9"]}, {"rows__of__id": {"owned": "orders"}}),
        ({"rows": [{"of": {"id": "7"}}, {}]}, {"rows__of__id": {"owned": "orders"}}),
        ({"rows": []}, {"rows__id": {"owned": "orders"}}),
        ({"order": "5"}, {"order__lines__n": {"at_most": 5}}),
        ({"kind": [True]}, {"kind": {"one_of": [[1]]}}),
        ({"kind": {"a": [1]}}, {"kind": {"one_of": [{"a": [True]}]}}),
        ({"order_id": 7}, {"order_id": {"owned": "orders"}}),
        ({"level": "1"}, {"level": {"owned": "level"}}),
        ({"order": {"n": 9}}, {"order": {"one_of": [{"n": 9}]}, "order__n": {"at_most": 5}}),
        ({"who": {"id": "acct_42"}}, {"who": {"one_of": [{"id": "acct_42"}]}, "who__id": {"fixed": "x"}}),
        ({"who": {"id": "acct_42"}}, {"who": {"dropped": True}, "who__id": {"owned": "account_id"}}),
    ],
)
def test_what_cannot_be_narrowed_is_refused_without_its_value(arguments: Any, rules: Any) -> None:
    with pytest.raises(Refused) as refused:
        kept(arguments, **rules)
    assert not any(str(value) in str(refused.value) for value in ("acct_4", "99", "['7']"))


def test_a_value_that_keeps_the_rules_is_left_alone() -> None:
    arguments = {"order_id": "7", "limit": 5, "kind": 1.0}
    rules = {"order_id": {"owned": "orders"}, "limit": {"at_most": 5}, "kind": {"one_of": [1]}}
    assert kept(arguments, **rules) == Narrowed(arguments, ())


def test_a_changed_argument_never_goes_unnoticed_because_python_takes_true_for_one() -> None:
    assert kept({"a": True}, a={"fixed": 1}).changed == ("argument:a:fixed",)


@pytest.mark.parametrize(
    ("arguments", "rules", "left"),
    [
        (
            {"rows": [[{"n": 9}], [[{"n": 8}]]]},
            {"rows__n": {"at_most": 5}},
            {"rows": [[{"n": 5}], [[{"n": 5}]]]},
        ),
        ({"rows": [{"n": 9}, None, {}]}, {"rows__n": {"at_most": 5}}, {"rows": [{"n": 5}, None, {}]}),
        ({"order": None}, {"order__lines__n": {"at_most": 5}}, {"order": None}),
        ({"n": 5}, {"n": {"at_most": 5.0}}, {"n": 5}),
        ({"n": 1e308}, {"n": {"at_most": 10**400}}, {"n": 1e308}),
        ({"n": 2**53 - 1}, {"n": {"at_most": 2.0**53}}, {"n": 2**53 - 1}),
        ({"n": 1e308}, {"n": {"at_most": -0.0}}, {"n": -0.0}),
        ({"level": 1.0}, {"level": {"owned": "level"}}, {"level": 1.0}),
        ({"note": "a\U0001f600b"}, {"note": {"max_length": 2}}, {"note": "a\U0001f600"}),
        ({"note": "abc"}, {"note": {"max_length": 0}}, {"note": ""}),
        ({"ids": []}, {"ids": {"fixed": "@orders"}}, {"ids": ["7", "8"]}),
        ({"a": {"b": 1}}, {"a__b": {"dropped": True}}, {"a": {}}),
        ({"a": 5, "b": 6}, {"b": {"dropped": True}, "b__c": {"at_most": 1}}, None),
    ],
)
def test_values_at_the_edge(arguments: Any, rules: Any, left: Any) -> None:
    if left is None:
        with pytest.raises(Refused):
            kept(arguments, **rules)
    else:
        assert kept(arguments, **rules).arguments == left


def test_bounds_that_contradict_each_other_refuse_instead_of_breaking_one() -> None:
    rules = (ArgumentRule("n", RuleKind.AT_MOST, 5), ArgumentRule("n", RuleKind.AT_LEAST, 10))
    for value in (1, 7, 20):
        with pytest.raises(Refused, match="together with the other rules"):
            narrow({"n": value}, rules, ALICE)


def test_bounds_are_kept_by_what_the_model_wrote_and_not_by_what_is_added_then() -> None:
    rules = (ArgumentRule("a", RuleKind.FIXED, 9), *parse("b", {"at_most": 5}))
    seen = []
    narrow({"b": 7}, rules, ALICE, lambda arguments: seen.append(dict(arguments)) or ())
    assert seen == [{"b": 5}]
    with pytest.raises(Refused, match="b: narrowed: too small"):
        narrow({"b": 7}, rules, ALICE, lambda _: ("too small",))
    assert narrow({"b": 5}, rules, ALICE, lambda _: ("never asked",)).arguments == {"a": 9, "b": 5}


def test_nobody_can_change_a_rule_through_the_arguments() -> None:
    rules = parse("a", {"fixed": {"deep": [1]}})
    narrow({}, rules, ALICE).arguments["a"]["deep"].append(2)
    assert narrow({}, rules, ALICE).arguments == {"a": {"deep": [1]}}


def test_the_arguments_that_were_given_stay_as_they_were() -> None:
    arguments = {"rows": [{"n": 9}]}
    kept(arguments, rows__n={"at_most": 1})
    assert arguments == {"rows": [{"n": 9}]}


NUMBERS = st.one_of(st.integers(-100, 100), st.floats(-100, 100))


@given(value=NUMBERS, bounds=st.lists(NUMBERS, min_size=2, max_size=2))
def test_a_bound_is_kept_whatever_came(value: float, bounds: list[float]) -> None:
    low, high = sorted(bounds)
    left = kept({"n": value}, n={"at_most": high, "at_least": low}).arguments["n"]
    assert low <= left <= high
    assert left == value or value < low or value > high


@given(value=NUMBERS, first=NUMBERS, second=NUMBERS)
def test_a_tighter_bound_never_lets_more_through(value: float, first: float, second: float) -> None:
    tight, loose = sorted((first, second))
    assert (
        kept({"n": value}, n={"at_most": tight}).arguments["n"]
        <= kept({"n": value}, n={"at_most": loose}).arguments["n"]
    )


@pytest.mark.parametrize(
    ("argument", "definition", "sentence"),
    [
        ("", {"at_most": 1}, "name of an argument"),
        ("a..b", {"at_most": 1}, "name of an argument"),
        ("a", {}, "needs rules"),
        ("a", 5, "needs rules"),
        ("a", {"most": 5}, "'most' is no rule; known are fixed"),
        ("a", {"at_most": "5"}, "at_most needs a number"),
        ("a", {"at_most": True}, "at_most needs a number"),
        ("a", {"at_most": float("nan")}, "at_most needs a number"),
        ("a", {"at_least": float("-inf")}, "at_least needs a number"),
        ("a", {"fixed": None}, "fixed needs a value"),
        ("a", {"dropped": False}, "dropped needs true"),
        ("a", {"one_of": []}, "one_of needs a list"),
        ("a", {"max_length": -1}, "max_length needs a whole number"),
        ("a", {"max_length": 1.5}, "max_length needs a whole number"),
        ("a", {"owned": ""}, "owned needs the name"),
        ("a", {"fixed": 1, "at_most": 2}, "stand alone"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_when_it_is_written(
    argument: str, definition: Any, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(argument, definition)


def test_rules_are_applied_in_one_order_whatever_the_order_they_were_written_in() -> None:
    one, other = {"at_most": 5, "one_of": [5]}, {"one_of": [5], "at_most": 5}
    assert kept({"a": 9}, a=one) == kept({"a": 9}, a=other) == Narrowed({"a": 5}, ("argument:a:at_most",))
    assert (
        parse("a", one)
        == parse("a", other)
        == (
            ArgumentRule("a", RuleKind.AT_MOST, 5),
            ArgumentRule("a", RuleKind.ONE_OF, [5]),
        )
    )
