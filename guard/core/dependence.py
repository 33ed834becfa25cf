"""Which rules would say something else if a value that nobody knows were another one.

Known of such a value are its type, its length, and that it is none of the values that the rules themselves name
(``restoring``). So a rule that only compares it gives an exact answer all the same, and one that measures it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guard.core.arguments import ATTRIBUTE, ArgumentRule, RuleKind
from guard.core.restoring import Steps, Unknown

_WORDS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
_PLAIN = {*_WORDS, "$comment", "$schema", "$defs", "type", "enum", "const"}
_OF_OBJECTS = {
    *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    *("propertyNames", "dependentRequired"),
}
_OF_LISTS = {"items", "minItems", "maxItems"}
_OF_TEXTS = {"minLength", "maxLength"}
_STRUCTURE = _PLAIN | _OF_OBJECTS | _OF_LISTS
"""Keywords that look at the names and numbers of members, not at their values; comparing ones aside."""


def schema_measures(schema: Any, unknown: Unknown) -> bool:
    """Whether the schema may judge two values of this type and length differently. Wherever it cannot be told: yes."""
    return unknown.is_whole or not _is_blind(schema, unknown.steps, unknown)


def _is_blind(schema: Any, steps: Steps, unknown: Unknown) -> bool:
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, Mapping):
        return False
    if not steps:
        return _is_blind_to(schema, unknown)
    return schema.keys() <= _STRUCTURE and _is_blind(_below(schema, steps[0]), steps[1:], unknown)


def _below(schema: Mapping[str, Any], step: str | int) -> Any:
    if isinstance(step, int):
        return schema.get("items", True)
    properties = schema.get("properties", {})
    return properties[step] if step in properties else schema.get("additionalProperties", True)


def _is_blind_to(schema: Mapping[str, Any], unknown: Unknown) -> bool:
    if unknown.kind == "float" and "integer" in _types(schema):
        return False  # 4.0 is one, 4.5 is none
    known = _PLAIN | _OF_OBJECTS | _OF_LISTS | (_OF_TEXTS if unknown.kind == "str" else set())
    return schema.keys() <= known


def _types(schema: Mapping[str, Any]) -> Iterable[Any]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else types


def rule_measures(rule: ArgumentRule, unknown: Unknown) -> bool:
    """Whether the rule may treat two values of this type and length differently."""
    way = tuple(rule.argument.split("."))
    if unknown.is_whole:
        return True
    if way != unknown.names or isinstance(unknown.steps[-1], int):
        return False  # what is compared is compared exactly, and a list has the length that it has
    if rule.kind in (RuleKind.AT_MOST, RuleKind.AT_LEAST):
        return unknown.kind in ("int", "float")
    return rule.kind is RuleKind.MAX_LENGTH and unknown.kind == "str" and unknown.length > rule.value


def rule_reads_attributes(rule: ArgumentRule) -> bool:
    named = isinstance(rule.value, str) and rule.value.startswith(ATTRIBUTE)
    return rule.kind is RuleKind.OWNED or (rule.kind is RuleKind.FIXED and named)


def may_be_equal(unknown: Iterable[Unknown]) -> bool:
    """1 and 1.0 are equal and have two hashes: of two numbers of different types that nobody knows it is not sure."""
    return {"int", "float"} <= {each.kind for each in unknown}
