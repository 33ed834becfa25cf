"""A schema may be short and take for ever. How often a value is judged is counted, not tried."""

from __future__ import annotations

import time
from typing import Any

import pytest

from guard.core.schema_size import MOST_APPLIED, applied, check_size
from guard.core.tools import Tool, check_schema

NODE = {"$ref": "#"}


def doubling(levels: int) -> dict[str, Any]:
    steps = {
        f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
        for n in range(levels)
    }
    last = {f"d{levels}": {"type": "string"}}
    return {"type": "object", "$defs": steps | last, "properties": {"a": {"$ref": "#/$defs/d0"}}}


@pytest.mark.parametrize(
    ("schema", "times"),
    [
        ({}, [1, 0, 0]),
        ({"properties": {"a": {}, "b": {"type": "string"}}}, [1, 1, 0]),
        ({"allOf": [{}, {}], "not": {}}, [4, 0, 0]),
        ({"if": {}, "then": {}, "else": {}, "dependentSchemas": {"a": {}}}, [5, 0, 0]),
        ({"properties": {"a": {}}, "patternProperties": {"^a": {}}, "additionalProperties": {}}, [1, 3, 0]),
        ({"prefixItems": [{}, {}], "items": {}, "contains": {}}, [1, 3, 0]),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"items": {}}}}, [2, 1, 0]),
        ({"$ref": "#here", "$defs": {"x": {"$anchor": "here"}}}, [2, 0, 0]),
        ({"$id": "urn:x", "$ref": "urn:x#/$defs/x", "$defs": {"x": {}}}, [2, 0, 0]),
        ({"properties": {"child": NODE}}, [1, 2, 2]),
        ({"properties": {"left": NODE, "right": NODE}}, [1, 2, 2]),
        ({"properties": {"child": {"anyOf": [NODE, NODE]}}}, [1, 5, 10]),
        ({"properties": {"$ref": {}, "$id": {}}}, [1, 1, 0]),
        (True, [0, 0, 0]),
    ],
)
def test_how_often_a_value_is_judged_at_each_level(schema: Any, times: list[int]) -> None:
    assert applied(schema, 3) == times


@pytest.mark.parametrize(
    "schema",
    [
        doubling(24),
        {"type": "object", "properties": {"child": {"anyOf": [NODE, NODE]}}},
        {"type": "object", "properties": {"child": {"allOf": [NODE], "oneOf": [NODE, {"not": NODE}]}}},
        {"type": "object", "additionalProperties": NODE, "properties": {"child": NODE}},
        {"type": "object", "unevaluatedProperties": False, "allOf": [{"allOf": [{}] * 100}, {}] * 2},
    ],
)
def test_what_could_take_exponential_time_is_refused_at_save(schema: dict[str, Any]) -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match=f"judged more than {MOST_APPLIED} times"):
        check_schema(schema)
    with pytest.raises(ValueError, match="more than"):
        Tool("t", "", {"type": "object"}, result_schema=schema)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "object", "allOf": [{"$ref": "#"}]}, "refers to itself"),
        ({"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "refers to itself"),
        ({"type": "object", "properties": {"a": {"$id": "urn:y"}}}, r"an \$id of its own"),
        (
            {"type": "object", "properties": {"a": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}},
            "does not begin with #",
        ),
    ],
)
def test_references_that_cannot_be_counted_are_refused_with_a_sentence(schema: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_schema(schema)


def test_ordinary_schemas_pass_also_those_that_lead_round_in_a_circle() -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "children": {"items": NODE}}}
    check_size(tree)
    check_schema(
        tree | {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://x.example/t"}
    )
    check_schema(
        {"type": "object", "properties": {f"p{n}": {"anyOf": [{"type": "string"}] * 20} for n in range(500)}}
    )
