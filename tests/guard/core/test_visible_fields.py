"""Where a grant lists what the model may see of a result, it sees nothing else, however the result is built."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from script import CARD, CARD_RULE, HIDDEN_CARD, ORDERS

from guard.core.policy import Grant
from guard.core.redact import Redactor
from guard.core.results import Filtered, filter_result

REDACTOR = Redactor([CARD_RULE])


def filtered(output: Any, *visible: str, hidden: tuple[str, ...] = ()) -> Filtered:
    text = output if isinstance(output, str) else json.dumps(output)
    grant = Grant(ORDERS, frozenset(hidden), visible_fields=frozenset(visible))
    return filter_result(text, grant, REDACTOR)


def shown(output: Any, *visible: str, hidden: tuple[str, ...] = ()) -> Any:
    return json.loads(filtered(output, *visible, hidden=hidden).text)


@pytest.mark.parametrize(
    ("output", "visible", "left"),
    [
        ({"a": 1, "b": 2}, ["a"], {"a": 1}),
        ({"a": {"b": 1, "c": 2}, "b": 3}, ["a.b"], {"a": {"b": 1}}),
        ({"x": {"a": {"b": 1}}}, ["a.b"], {"x": {"a": {"b": 1}}}),
        ({"x": {"total": 1}, "total": 2}, ["$.total"], {"total": 2}),
        ({"orders": [{"id": 1, "cost": 2}, {"cost": 3}]}, ["orders.id"], {"orders": [{"id": 1}]}),
        ({"orders": [[{"id": 1, "cost": 2}]]}, ["orders.id"], {"orders": [[{"id": 1}]]}),
        ({"orders": {"o1": {"id": 1, "cost": 2}}}, ["orders.*.id"], {"orders": {"o1": {"id": 1}}}),
        ({"orders": [1, "x", None, {"id": 1}]}, ["orders.id"], {"orders": [{"id": 1}]}),
        ([{"id": 1, "cost": 2}], ["id"], [{"id": 1}]),
        ([[{"id": 1}], [[5]]], ["id"], [[{"id": 1}]]),
        ({"orders": [[1], [[2]]]}, ["orders.id"], {}),
        ({"a": {"b": {"c": 1}}}, ["a"], {"a": {"b": {"c": 1}}}),
        ({"a": 1}, [], {}),
        ({"a": None, "b": None}, ["a"], {"a": None}),
        ({"A": 1, "a ": 2}, ["a"], {}),
    ],
)
def test_what_is_listed_stays_and_nothing_else(output: Any, visible: list[str], left: Any) -> None:
    assert shown(output, *visible) == left


@pytest.mark.parametrize("output", ["5", '"a"', "null", "plain text: a", '"{\\"a\\": 1}"', "", "{'a': 1}"])
def test_what_has_no_fields_has_none_that_may_be_seen(output: str) -> None:
    result = filtered(output, "a")
    assert result.fault == "unreadable"
    assert json.loads(result.text) == {"error": {"message": "The result could not be read."}}


def test_a_hidden_field_is_hidden_inside_a_visible_one() -> None:
    inner = json.dumps({"margin": 1, "id": 2})
    output = {"a": {"margin": 1, "id": 2}, "b": inner, "c": json.dumps([inner]), "d": f"log: {inner}", "e": 5}
    result = filtered(output, "a", "b", "c", "d", hidden=("margin",))
    assert "margin" not in result.text
    left = json.loads(result.text)
    assert left["a"] == json.loads(left["b"]) == json.loads(json.loads(left["c"])[0]) == {"id": 2}
    assert left["d"] == "[WITHHELD]"
    assert result.removed == ("e", "margin")


def test_a_document_in_a_string_that_is_not_listed_is_not_looked_into() -> None:
    assert shown({"a": json.dumps({"b": 1}), "c": {"a": {"b": 2}}}, "a.b") == {"c": {"a": {"b": 2}}}


def test_visible_values_are_redacted() -> None:
    assert shown({"a": f"card {CARD}", "b": 1}, "a") == {"a": f"card {HIDDEN_CARD}"}


def test_the_names_that_are_left_out_are_told_redacted_and_not_without_end() -> None:
    output = {"a": 1, CARD: 2, "long" * 100: 3} | {f"n{number}": number for number in range(500)}
    removed = filtered(output, "a").removed
    assert removed[0] == HIDDEN_CARD
    assert len(removed) == 64
    assert max(map(len, removed)) == 64


names = st.sampled_from(["a", "b", "c", "secret"])
trees = st.recursive(
    st.integers(0, 9) | st.just("text") | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=15,
)


def ways(tree: Any, way: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The ways to everything that is no object and no list."""
    if isinstance(tree, dict):
        return {found for name, part in tree.items() for found in ways(part, (*way, name))}
    if isinstance(tree, list):
        return {found for part in tree for found in ways(part, way)}
    return {way}


@given(trees, st.lists(st.sampled_from(["a", "b", "a.b", "c.a", "$.a", "a.*.c"]), unique=True, max_size=3))
def test_nothing_is_left_whose_way_meets_no_entry_of_the_list(tree: Any, visible: list[str]) -> None:
    result = filtered(json.dumps(tree), *visible)
    if result.fault:
        return
    for way in ways(json.loads(result.text)):
        assert any(_is_listed(way[: end + 1], entry) for end in range(len(way)) for entry in visible)
    expected = {
        way
        for way in ways(tree)
        if any(_is_listed(way[: end + 1], entry) for end in range(len(way)) for entry in visible)
    }
    assert ways(json.loads(result.text)) == expected


def _is_listed(way: tuple[str, ...], entry: str) -> bool:
    steps = entry.split(".")
    if steps[0] == "$":
        return list(way) == steps[1:]
    ends = list(way[-len(steps) :])
    return len(ends) == len(steps) and all(
        step in ("*", name) for step, name in zip(steps, ends, strict=True)
    )
