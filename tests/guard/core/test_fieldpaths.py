from __future__ import annotations

import json
from typing import Any

import pytest
from script import ORDERS

from guard.core.fieldpaths import FieldPaths, parse
from guard.core.policy import Grant
from guard.core.redact import Redactor
from guard.core.results import Filtered, filter_result

RESULT = {
    "total": 9,
    "customer": {"card": "A", "name": "B"},
    "orders": [{"cost": 1, "id": "x", "lines": {"a": {"cost": 2}, "total": 3}}],
    "card": "C",
}


def filtered(*hidden: str, result: Any = RESULT) -> Filtered:
    return filter_result(json.dumps(result), Grant(ORDERS, frozenset(hidden)), Redactor([]))


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("cost", ["orders.cost", "orders.lines.a.cost"]),
        ("customer.card", ["customer.card"]),
        ("orders.cost", ["orders.cost"]),
        ("lines.*.cost", ["orders.lines.a.cost"]),
        ("*.card", ["customer.card"]),
        ("$.total", ["total"]),
        ("$.card", ["card"]),
        ("$.orders.lines", ["orders.lines.a.cost", "orders.lines.total"]),
        ("customer", ["customer.card", "customer.name"]),
        ("nothing.here", []),
    ],
)
def test_a_path_hides_what_it_leads_to_and_nothing_else(path: str, gone: list[str]) -> None:
    left = set(leaves(json.loads(filtered(path).text)))
    assert left == set(leaves(RESULT)) - set(gone)
    assert filtered(path).removed == ((path,) if gone else ())


def leaves(value: Any, way: str = "") -> list[str]:
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part, way)]
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, f"{way}.{key}")]
    return [way.lstrip(".")]


def test_a_path_goes_on_into_a_document_inside_a_string() -> None:
    result = {"customer": json.dumps({"card": 1, "name": "B"})}
    assert json.loads(json.loads(filtered("customer.card", result=result).text)["customer"]) == {"name": "B"}


def test_a_name_with_a_dot_in_it_is_found() -> None:
    assert json.loads(filtered("a.b", result={"a.b": 1, "c": 2}).text) == {"c": 2}


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("customer.card.number", {"customer.card": {"number": 7}}),
        ("customer.card.number", {"customer": {"card.number": 7}}),
        ("customer.card.number", {"customer.card.number": 7}),
        ("customer.card.number", {"our.customer.card.number": 7}),
        ("card", {"customer.card": 7}),
        ("customer.card", {"customer": {"our.customer.card": 7}}),
        ("orders.*.cost", {"orders": {"a.b": {"cost": 7}}}),
        ("orders.*.cost", {"orders.a": {"cost": 7}}),
        ("orders.*.cost", {"orders": {"a.b": {"orders.c.cost": 7}}}),
        ("$.customer.card", {"customer.card": 7}),
    ],
)
def test_a_name_with_dots_in_it_is_hidden_like_the_way_that_it_spells(path: str, result: Any) -> None:
    assert "7" not in filtered(path, result=result).text


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("customer.card", {"mycustomer.card": 7}),
        ("card", {"customer.card2": 7}),
        ("customer.card", {"card.customer": 7}),
        ("$.card", {"customer.card": 7}),
        ("$.customer.card", {"our": {"customer.card": 7}}),
        ("orders.*.cost", {"orders.cost": 7}),
    ],
)
def test_a_name_with_dots_that_spells_another_way_stays(path: str, result: Any) -> None:
    assert json.loads(filtered(path, result=result).text) == result


def test_what_may_be_seen_is_read_no_wider_than_it_is_written() -> None:
    assert not FieldPaths.of(["card"]).naming(("customer.card",))
    assert FieldPaths.of(["customer.card"]).naming(("customer.card",))


def test_a_field_in_a_text_without_structure_withholds_it() -> None:
    output = "card: 4111"
    hidden = Grant(ORDERS, frozenset({"customer.card"}))
    assert filter_result(output, hidden, Redactor([])).fault == "unreadable"


@pytest.mark.parametrize("text", ["", "$", ".", "a.", ".a", "a..b", "a.*", "*", "$.*", " a", "a. b"])
def test_what_is_no_path_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no field|name the field"):
        parse(text)


def test_no_paths_hide_nothing() -> None:
    assert not FieldPaths.of(())
    assert FieldPaths.of(()).hiding(("a",)) == ""


def test_a_name_from_before_there_were_paths_is_taken_literally() -> None:
    assert json.loads(filtered("a.", result={"a.": 1, "a": 2}).text) == {"a": 2}
