from __future__ import annotations

import pytest

from controlplane.models.ruling import faults, parsed

SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "minimum": 1, "maximum": 100},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        "below": {"type": "number", "exclusiveMaximum": 10},
        "status": {"enum": ["open", "closed"]},
        "issue": {"type": "string", "minLength": 3, "maxLength": 2000},
        "tags": {"type": "array", "minItems": 1},
        "account_id": {"type": "string"},
        "free": {},
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"amount": {"at_most": 50, "at_least": 5}},
        {"amount": {"at_least": 5, "at_most": 5}},
        {"amount": {"at_most": 1000}},
        {"amount": {"at_least": 0}},
        {"amount": {"at_most": 2.5}},
        {"below": {"at_most": 10}},
        {"status": {"fixed": "open"}},
        {"status": {"one_of": ["open"]}},
        {"issue": {"max_length": 3}},
        {"tags": {"max_length": 1}},
        {"account_id": {"owned": "account_id"}},
        {"account_id": {"fixed": "@account_id"}},
        {"limit": {"fixed": "@limit"}},
        {"issue": {"dropped": True}},
        {"free": {"at_most": 1}},
        {"added": {"fixed": "by us"}},
        {"added.deeply": {"fixed": 1}},
    ],
)
@pytest.mark.parametrize("runner", ["client", "http"])
def test_rules_that_can_be_kept_have_no_fault(rules, runner):
    assert faults(rules, SCHEMA, runner) == []


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"amuont": {"at_most": 5}}, "amuont: the tool's schema has no such argument"),
        ({"amuont": {"owned": "account_id"}}, "amuont: the tool's schema has no such argument"),
        ({"amuont": {"dropped": True}}, "amuont: the tool's schema has no such argument"),
        ({"amount": {"at_least": 9, "at_most": 5}}, "amount: at_least 9 is above at_most 5"),
        (
            {"amount": {"at_most": 0}},
            "amount: at_most 0 does not fit the schema: 0 is less than the minimum of 1",
        ),
        (
            {"amount": {"at_least": 101}},
            "amount: at_least 101 does not fit the schema: 101 is greater than the maximum of 100",
        ),
        (
            {"limit": {"at_most": 2.5}},
            'limit: at_most 2.5 does not fit the schema: 2.5 is not of type "integer"',
        ),
        (
            {"limit": {"fixed": "ten"}},
            'limit: fixed does not fit the schema: "ten" is not of type "integer"',
        ),
        ({"status": {"one_of": ["open", "lost"]}}, "status: one_of has a value that does not fit the schema"),
        ({"issue": {"max_length": 2}}, "issue: max_length 2 is below the least length of the schema, 3"),
        ({"tags": {"max_length": 0}}, "tags: max_length 0 is below the least length of the schema, 1"),
        ({"issue": {"at_most": 2}}, "issue: at_most needs a number, the schema says string"),
        ({"amount": {"max_length": 2}}, "amount: max_length needs a text or list, the schema says number"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_named_with_its_argument(rules, said):
    (fault,) = faults(rules, SCHEMA, "client")
    assert fault.startswith(said)


@pytest.mark.parametrize(
    "rules",
    [
        {"account_id": {"fixed": "@account_id"}},
        {"issue": {"dropped": True}},
        {"amount": {"at_most": 5}},
        {"amount": {"at_least": 5}},
        {"issue": {"max_length": 5}},
    ],
)
def test_what_the_provider_runs_cannot_be_narrowed(rules):
    (fault,) = faults(rules, SCHEMA, "mcp")
    assert "the provider calls an MCP server with the model's own" in fault


@pytest.mark.parametrize("rules", [{"account_id": {"owned": "a"}}, {"status": {"one_of": ["open"]}}])
def test_what_the_provider_runs_can_be_refused(rules):
    assert faults(rules, SCHEMA, "mcp") == []


@pytest.mark.parametrize("nonsense", [None, [], "x", {"amount": {"at_mots": 5}}, {"amount": 5}, {"": {}}])
def test_what_is_no_rule_is_left_to_its_own_field(nonsense):
    assert parsed(nonsense) == ()
    assert faults(nonsense, SCHEMA, "client") == []


@pytest.mark.parametrize("schema", [None, [], "x"])
def test_without_a_schema_only_what_it_does_not_matter_to_is_judged(schema):
    assert faults({"a": {"at_most": 1}}, schema, "client") == []
    assert len(faults({"a": {"at_most": 1, "at_least": 2}}, schema, "client")) == 1
