from __future__ import annotations

import pytest

from controlplane.models.properties import Property

SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
        "anything": True,
        "never": False,
        "lines": {"type": "array", "items": {"properties": {"price": {"$ref": "#/$defs/money"}}}},
        "tree": {"$ref": "#/$defs/tree"},
        "far": {"$ref": "#/properties/amount"},
        "gone": {"$ref": "#/$defs/nothing"},
    },
    "patternProperties": {"^x_": {"type": "string"}},
    "anyOf": [{"properties": {"email": {"type": "string"}}}, {"properties": {"phone": {"type": "string"}}}],
    "if": {},
    "then": {"properties": {"reason": {"type": "string", "minLength": 3}}},
    "$defs": {
        "money": {"type": "integer", "minimum": 1},
        "tree": {"properties": {"name": {"type": "string"}}, "anyOf": [{"$ref": "#/$defs/tree"}] * 5},
    },
}


@pytest.mark.parametrize(
    "argument",
    ["amount", "anything", "lines.price", "tree.name", "far", "gone", "x_note", "email", "phone", "reason"],
)
def test_an_argument_is_known_wherever_the_schema_speaks_of_it(argument):
    assert Property(SCHEMA, argument).is_known


@pytest.mark.parametrize("argument", ["amuont", "never", "lines.prize", "amount.x", "tree.tree", "items"])
def test_an_argument_that_the_schema_does_not_speak_of_is_not_known(argument):
    assert not Property(SCHEMA, argument).is_known


def test_a_value_fits_if_any_part_of_the_schema_takes_it():
    either = {
        "anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "integer"}}}]
    }
    assert Property(either, "a").fault(1) == ""
    assert Property(either, "a").fault("x") == ""
    assert "is not of type" in Property(either, "a").fault(1.5)


def test_a_value_that_does_not_fit_is_told_why():
    assert Property(SCHEMA, "amount").fault(11) == "11 is greater than the maximum of 10"
    assert Property(SCHEMA, "lines.price").fault(0) == "0 is less than the minimum of 1"
    assert Property(SCHEMA, "anything").fault(None) == ""


def test_what_cannot_be_judged_alone_fits():
    assert Property(SCHEMA, "far").fault("no number") == ""
    assert Property(SCHEMA, "gone").fault(1) == ""


def test_types_and_limits_are_read_through_references():
    assert Property(SCHEMA, "lines.price").types() == {"integer"}
    assert Property(SCHEMA, "lines.price").limit("minimum", "exclusiveMinimum") == 1
    assert Property(SCHEMA, "amount").limit("maximum") == 10
    assert Property(SCHEMA, "amount").limit("minLength") is None
    assert Property(SCHEMA, "anything").types() == frozenset()
    assert Property({"properties": {"a": {"type": ["string", "null"]}}}, "a").types() == {"string", "null"}


def test_the_type_of_the_entries_is_not_the_type_of_the_list():
    assert Property(SCHEMA, "lines").types() == {"array"}


def test_an_expression_that_would_take_for_ever_elsewhere_is_answered_at_once():
    slow = {"patternProperties": {"^(a+)+$": {"type": "string"}}}
    assert not Property(slow, "a" * 60 + "!").is_known
