"""The decision point: may this principal make this call now? Everything that is not allowed is denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from guard.core.decision import Decision
from guard.core.frames import STRICT, Unreadable
from guard.core.policy import CallState, Grant, Obligation, Policy, ToolCall, Verdict

NOT_AVAILABLE = "This action is not available."
"""For every denial by right. The model repeats it, so it names neither role nor rule nor tool."""
NOT_ACCEPTED = "The arguments were not accepted."
"""Tells the model that another try with other arguments may help, and nothing more."""

_MOST_ARGUMENT_CHARS = 256 * 1024


@dataclass(slots=True)
class _Case:
    """The call under judgement. Each rule reads it, adds what it learnt, and returns a denial or None."""

    call: ToolCall
    policy: Policy
    state: CallState
    grant: Grant | None = None
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Denial:
    reason: str
    rule: str = ""
    message: str = NOT_AVAILABLE


def decide(call: ToolCall, policy: Policy, state: CallState) -> Verdict:
    """The one verdict on a call. Never raises: a fault inside a rule denies, with rule ``error``."""
    denial: _Denial | None = _Denial("no rule allows this call", "default_deny")
    considered: list[str] = []
    case = _Case(call, policy, state)
    for name, rule in _RULES:
        considered.append(name)
        try:
            denial = rule(case)
        except Exception as error:  # fail closed, and say where
            denial = _Denial(f"{type(error).__name__} in rule {name}", "error")
        if denial is not None:
            break
    if denial is not None or case.grant is None:
        return _denied(denial or _Denial("no rule allows this call", "default_deny"), considered, policy)
    return _allowed(case, case.grant, considered)


def _denied(denial: _Denial, considered: list[str], policy: Policy) -> Verdict:
    rule = denial.rule or considered[-1]
    names = considered if considered and considered[-1] == rule else [*considered, rule]
    return Verdict(
        Decision.DENY, rule, denial.reason, denial.message, policy.version, considered=tuple(names)
    )


def _allowed(case: _Case, grant: Grant, considered: list[str]) -> Verdict:
    rule = f"grant:{grant.tool.name}"
    obligations: tuple[Obligation, ...] = ()
    if grant.hidden_fields:
        obligations = (Obligation("hide_fields", {"fields": sorted(grant.hidden_fields)}),)
    return Verdict(
        Decision.ALLOW,
        rule,
        "the role may call this tool",
        "",
        case.policy.version,
        arguments=case.arguments,
        obligations=obligations,
        considered=(*considered, rule),
    )


def _policy_stale(case: _Case) -> _Denial | None:
    return _Denial("the policy could not be read again in time") if case.state.stale else None


def _tool_locked(case: _Case) -> _Denial | None:
    return _Denial("the tool is locked") if case.call.name in case.policy.locked_tools else None


def _granted(case: _Case) -> _Denial | None:
    grant = case.policy.grants.get(case.call.name)
    # A grant filed under another tool's name would judge by the wrong schema.
    if grant is None or grant.tool.name != case.call.name:
        return _Denial("the role holds no grant for this tool", "default_deny")
    case.grant = grant
    return None


def _arguments(case: _Case) -> _Denial | None:
    if len(case.call.arguments) > _MOST_ARGUMENT_CHARS:
        return _Denial("the arguments are too large", message=NOT_ACCEPTED)
    try:
        value = STRICT.read(case.call.arguments)
    except Unreadable as error:
        return _Denial(f"the arguments are no strict JSON: {error}", message=NOT_ACCEPTED)
    if not isinstance(value, dict):
        return _Denial("the arguments are no JSON object", message=NOT_ACCEPTED)
    case.arguments = value
    return None


def _schema(case: _Case) -> _Denial | None:
    faults = case.grant.tool.faults(case.arguments) if case.grant else ("/: no schema",)
    return _Denial("; ".join(faults), message=NOT_ACCEPTED) if faults else None


_RULES: tuple[tuple[str, Callable[[_Case], _Denial | None]], ...] = (
    ("policy_stale", _policy_stale),
    ("tool_locked", _tool_locked),
    ("granted", _granted),
    ("arguments_malformed", _arguments),
    ("schema", _schema),
)
