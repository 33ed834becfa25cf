import time
from pathlib import Path
from typing import Any

import pytest

from guard.core.tools import Tool, check_name, check_schema

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "account_id": {"type": "string", "pattern": "^acct_[0-9]+$"},
        "limit": {"type": "integer", "maximum": 50},
        "notes": {"type": "object"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
    "required": ["account_id"],
    "additionalProperties": False,
}
ORDERS = Tool("list_recent_orders", "Orders of an account", PARAMETERS)


def test_the_definition_is_the_function_tool_of_the_session() -> None:
    assert ORDERS.definition() == {
        "type": "function",
        "name": "list_recent_orders",
        "description": "Orders of an account",
        "parameters": PARAMETERS,
    }


def test_nobody_can_change_a_tool_through_its_definition() -> None:
    ORDERS.definition()["parameters"]["properties"]["limit"]["maximum"] = 10**6
    assert ORDERS.faults({"account_id": "acct_1", "limit": 51})
    assert ORDERS.definition()["parameters"]["properties"]["limit"]["maximum"] == 50


def test_tools_are_equal_by_what_they_say() -> None:
    assert Tool("list_recent_orders", "Orders of an account", PARAMETERS) == ORDERS
    assert Tool("list_recent_orders", "Orders", PARAMETERS) != ORDERS


def test_arguments_that_fit_have_no_faults() -> None:
    assert ORDERS.faults({"account_id": "acct_1", "limit": 50}) == ()


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [
        ({"account_id": "hunter2"}, "/account_id"),
        ({"account_id": "acct_1", "limit": "hunter2"}, "/limit"),
        ({"account_id": "acct_1", "limit": 51}, "/limit"),
        ({"account_id": "acct_1", "limit": 1.5}, "/limit"),
        ({"account_id": "acct_1", "lines": [{"sku": 1}, {"sku": ["hunter2"]}]}, "/lines/0/sku"),
        ({"account_id": "acct_1", "hunter2": 1}, "/"),
        ({}, "/"),
    ],
)
def test_a_fault_names_the_place_and_repeats_nothing(arguments: dict[str, Any], pointer: str) -> None:
    faults = ORDERS.faults(arguments)
    assert faults
    assert faults[0].startswith(f"{pointer}: ")
    assert "hunter2" not in "".join(faults)


def test_names_that_the_schema_does_not_know_are_not_repeated_in_the_pointer() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert Tool("t", "", schema).faults({"4111 1111 1111 1111": "x"}) == (
        '/*: value is not of type "integer"',
    )


def test_a_flood_of_faults_is_cut_short() -> None:
    faults = ORDERS.faults({"account_id": "acct_1", "lines": [{"sku": n} for n in range(500)]})
    assert len(faults) == 8


@pytest.mark.parametrize(
    "schema",
    [
        None,
        [],
        "object",
        {},
        {"type": "string"},
        {"type": ["object", "null"]},
        {"type": "object", "properties": {"a": {"type": "strin"}}},
        {"type": "object", "properties": {"a": {"pattern": "("}}},
        {"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://schemas.example/a.json"}}},
        {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
    ],
)
def test_a_schema_that_cannot_judge_arguments_is_refused_with_a_sentence(schema: Any) -> None:
    with pytest.raises(ValueError, match="schema") as caught:
        check_schema(schema)
    assert "\n" not in str(caught.value)
    if isinstance(schema, dict):
        with pytest.raises(ValueError, match="schema"):
            Tool("t", "", schema)


def test_a_schema_never_makes_the_guard_read_a_file(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "string"}')
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        check_schema({"type": "object", "properties": {"a": {"$ref": schema.as_uri()}}})


def test_the_sentence_names_the_place() -> None:
    with pytest.raises(ValueError, match="/properties/a/type"):
        check_schema({"type": "object", "properties": {"a": {"type": "strin"}}})


@pytest.mark.parametrize("name", ["", "a b", "a" * 65, "naïve", "a.b", "a\n", "p\u0430ypal"])
def test_a_name_that_the_provider_would_refuse_is_no_tool(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        check_name(name)
    with pytest.raises(ValueError, match="name"):
        Tool(name, "", {"type": "object"})


def test_no_pattern_can_stop_the_process() -> None:
    tool = Tool("t", "", {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})
    began = time.perf_counter()
    assert tool.faults({"a": "a" * 50_000 + "!"})
    assert time.perf_counter() - began < 1


RATED = Tool(
    "rate",
    "",
    {"type": "object"},
    result_schema={
        "type": "object",
        "properties": {"id": {"type": "integer"}, "rate": {"type": "number"}},
        "required": ["rate"],
    },
)


@pytest.mark.parametrize(
    ("output", "fits"),
    [
        ('{"rate": 1.5}', True),
        ('{"rate": -0.0, "id": 9223372036854775807}', True),
        ('{"rate": 1, "more": [[[[]]]]}', True),
        ('{"rate": "1.5"}', False),
        ('{"rate": 1, "id": 1.5}', False),
        ("{}", False),
        ("[]", False),
        ("1.5", False),
        ("", False),
        ("It is 1.5.", False),
        ('{"rate": NaN}', False),
        ('{"rate": 1e999}', False),
        ('{"rate": 1, "id": ' + "9" * 5_000 + "}", False),
        ('{"rate": 1, "rate": "x"}', False),
        ('{"rate": 1} {"rate": 2}', False),
        ('{"rate": 1, "more": ' + "[" * 100 + "]" * 100 + "}", False),
    ],
)
def test_a_result_fits_its_schema_or_does_not(output: str, fits: bool) -> None:
    assert RATED.fits_result(output) is fits


def test_any_result_fits_where_there_is_no_schema() -> None:
    assert ORDERS.fits_result("not even JSON")


def test_a_result_may_be_any_kind_of_json_that_its_schema_names() -> None:
    assert Tool("t", "", {"type": "object"}, result_schema={"type": "array"}).fits_result("[1]")


def test_a_result_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        Tool("t", "", {"type": "object"}, result_schema={"type": "strin"})
