"""Whether the argument rules of a grant can be kept: by the schema of its tool, and by whoever runs it. Pure.

A rule that cannot be kept is either never asked or denies every call: both are found out too late, in a session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from controlplane.models.properties import Property, Schema
from guard.core.arguments import ATTRIBUTE, ArgumentRule, RuleKind, parse

_NARROWING = frozenset(
    {RuleKind.FIXED, RuleKind.DROPPED, RuleKind.AT_MOST, RuleKind.AT_LEAST, RuleKind.MAX_LENGTH}
)
_NEEDS = {
    RuleKind.AT_MOST: ({"number", "integer"}, "a number"),
    RuleKind.AT_LEAST: ({"number", "integer"}, "a number"),
    RuleKind.MAX_LENGTH: ({"string", "array"}, "a text or list"),
}


def parsed(definitions: Any) -> tuple[ArgumentRule, ...]:
    """The rules of a grant; none at all where one of them is no rule, which its own field refuses."""
    if not isinstance(definitions, Mapping):
        return ()
    try:
        return tuple(rule for argument, given in definitions.items() for rule in parse(argument, given))
    except ValueError:
        return ()


def faults(definitions: Any, schema: Any, runner: str) -> list[str]:
    """A sentence for each rule that cannot be kept, with the argument and the rule in it."""
    rules = parsed(definitions)
    found = [*_faults_of_runner(rules, runner), *_contradictions(rules)]
    if isinstance(schema, Mapping):
        found += [fault for rule in rules if (fault := _fault_of_schema(rule, schema))]
    return found


def _faults_of_runner(rules: tuple[ArgumentRule, ...], runner: str) -> Iterator[str]:
    """What the provider runs it runs with the model's own arguments: a call can only be refused there."""
    for rule in rules if runner == "mcp" else ():
        if rule.kind in _NARROWING:
            yield (
                f"{rule.argument}: {rule.kind} changes the argument, and the provider calls an MCP server with the "
                "model's own; use owned, one_of or a condition"
            )


def _contradictions(rules: tuple[ArgumentRule, ...]) -> Iterator[str]:
    bounds = {(rule.argument, rule.kind): rule.value for rule in rules}
    for (argument, kind), most in bounds.items():
        least = bounds.get((argument, RuleKind.AT_LEAST))
        if kind is RuleKind.AT_MOST and least is not None and least > most:
            yield f"{argument}: at_least {least} is above at_most {most}"


def _fault_of_schema(rule: ArgumentRule, schema: Schema) -> str:
    known = Property(schema, rule.argument)
    if not known.is_known:
        # A fixed value may be added to what the model writes: the tool may want what the model must not know of.
        return (
            "" if rule.kind is RuleKind.FIXED else f"{rule.argument}: the tool's schema has no such argument"
        )
    needed, words = _NEEDS.get(rule.kind, (set(), ""))
    if needed and (types := known.types()) and not types & needed:
        return f"{rule.argument}: {rule.kind} needs {words}, the schema says {' or '.join(sorted(types))}"
    fault = _CHECKS[rule.kind](rule, known)
    return f"{rule.argument}: {fault}" if fault else ""


def _fault_of_fixed(rule: ArgumentRule, known: Property) -> str:
    if isinstance(rule.value, str) and rule.value.startswith(ATTRIBUTE):
        return ""
    fault = known.fault(rule.value)
    return f"fixed does not fit the schema: {fault}" if fault else ""


def _fault_of_most(rule: ArgumentRule, known: Property) -> str:
    highest = known.limit("maximum", "exclusiveMaximum")
    return "" if highest is not None and rule.value >= highest else _fault_of_bound(rule, known)


def _fault_of_least(rule: ArgumentRule, known: Property) -> str:
    lowest = known.limit("minimum", "exclusiveMinimum")
    return "" if lowest is not None and rule.value <= lowest else _fault_of_bound(rule, known)


def _fault_of_bound(rule: ArgumentRule, known: Property) -> str:
    """A value that is moved to the bound must fit, or every call that is moved would be denied."""
    fault = known.fault(rule.value)
    return f"{rule.kind} {rule.value} does not fit the schema: {fault}" if fault else ""


def _fault_of_length(rule: ArgumentRule, known: Property) -> str:
    shortest = known.limit("minLength", "minItems")
    if shortest is None or rule.value >= shortest:
        return ""
    return f"max_length {rule.value} is below the least length of the schema, {shortest}"


def _fault_of_choice(rule: ArgumentRule, known: Property) -> str:
    unfit = [fault for value in rule.value if (fault := known.fault(value))]
    return f"one_of has a value that does not fit the schema: {unfit[0]}" if unfit else ""


def _no_fault(_rule: ArgumentRule, _known: Property) -> str:
    return ""


_CHECKS: dict[RuleKind, Callable[[ArgumentRule, Property], str]] = {
    RuleKind.FIXED: _fault_of_fixed,
    RuleKind.DROPPED: _no_fault,
    RuleKind.AT_MOST: _fault_of_most,
    RuleKind.AT_LEAST: _fault_of_least,
    RuleKind.MAX_LENGTH: _fault_of_length,
    RuleKind.ONE_OF: _fault_of_choice,
    RuleKind.OWNED: _no_fault,
}
