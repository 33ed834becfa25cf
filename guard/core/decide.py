"""The decision point: may this principal make this call now? Everything that is not allowed is denied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from guard.core.approval import Approver, digest_of
from guard.core.arguments import Refused, narrow
from guard.core.condition import Broken
from guard.core.decision import Decision
from guard.core.frames import STRICT, Unreadable
from guard.core.policy import CallState, Grant, Obligation, Policy, ToolCall, Verdict
from guard.core.running import Runner

NOT_AVAILABLE = "This action is not available."
"""For every denial by right. The model repeats it, so it names neither role nor rule nor tool."""
NOT_ACCEPTED = "The arguments were not accepted."
"""Tells the model that another try with other arguments may help, and nothing more."""
NOT_NOW = "This action cannot be used again for now."
"""For limits: another try at once would not help."""
WAITING = (
    "This action needs to be confirmed by a person first, who has been asked. Tell the user that you are waiting for "
    "that. You will be told the outcome; do not call it again meanwhile."
)

_MOST_ARGUMENT_CHARS = 256 * 1024
_DEFAULT_APPROVAL = Approver.SUPERVISOR
"""Who must agree where the engine asks for approval and the grant names nobody."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a rule says when it does not leave the call to the next one."""

    reason: str
    rule: str = ""
    message: str = NOT_AVAILABLE
    decision: Decision = Decision.DENY


@dataclass(slots=True)
class _Case:
    """The call under judgement. Each rule reads it, adds what it learnt, and returns an answer or None."""

    call: ToolCall
    policy: Policy
    state: CallState
    grant: Grant | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    approver: Approver = Approver.NONE
    digest: str = ""

    @property
    def granted(self) -> Grant:
        if self.grant is None:
            raise LookupError("no grant")
        return self.grant


Rule = Callable[[_Case], _Answer | None]


def decide(call: ToolCall, policy: Policy, state: CallState) -> Verdict:
    """The one verdict on a call. Never raises: a fault inside a rule denies, with rule ``error``."""
    grant = policy.grants.get(call.name)
    if grant is None or grant.enforced:
        return _judged(call, policy, state, _RULES)
    verdict = _judged(call, policy, state, _RULES_OF_A_TRIAL)
    return replace(verdict, shadow=_judged(call, policy, state, _RULES))


def _judged(call: ToolCall, policy: Policy, state: CallState, rules: tuple[tuple[str, Rule], ...]) -> Verdict:
    answer: _Answer | None = _Answer("no rule allows this call", "default_deny")
    considered: list[str] = []
    case = _Case(call, policy, state)
    for name, rule in rules:
        considered.append(name)
        try:
            answer = rule(case)
        except Exception as error:  # fail closed, and say where
            answer = _Answer(f"{type(error).__name__} in rule {name}", "error")
        if answer is not None:
            break
    if answer is None and case.grant is None:
        answer = _Answer("no rule allows this call", "default_deny")
    return _permitted(case, considered) if answer is None else _answered(case, answer, considered)


def _answered(case: _Case, answer: _Answer, considered: list[str]) -> Verdict:
    rule = answer.rule or considered[-1]
    names = considered if considered and considered[-1] == rule else [*considered, rule]
    waits = answer.decision is Decision.REQUIRE_APPROVAL
    return Verdict(
        answer.decision,
        rule,
        answer.reason,
        answer.message,
        case.policy.version,
        arguments=case.arguments if waits else None,
        obligations=(_approval(case), *_obligations(case)) if waits else (),
        considered=tuple(names),
    )


def _permitted(case: _Case, considered: list[str]) -> Verdict:
    granted = f"grant:{case.granted.tool.name}"
    return Verdict(
        Decision.CONSTRAIN if case.changed else Decision.ALLOW,
        case.changed[0] if case.changed else granted,
        "the arguments were narrowed" if case.changed else "the role may call this tool",
        "",
        case.policy.version,
        arguments=case.arguments,
        obligations=_obligations(case),
        considered=(*considered, granted, *case.changed[:1]),
    )


def _obligations(case: _Case) -> tuple[Obligation, ...]:
    grant = case.granted
    duties = []
    if case.changed:
        duties.append(Obligation("narrow", {"rules": list(case.changed)}))
    if grant.visible_fields is not None:
        duties.append(Obligation("show_fields", {"fields": sorted(grant.visible_fields)}))
    if grant.hidden_fields:
        duties.append(Obligation("hide_fields", {"fields": sorted(grant.hidden_fields)}))
    return tuple(duties)


def _approval(case: _Case) -> Obligation:
    seconds = case.granted.approval_seconds
    return Obligation("approval", {"by": str(case.approver), "digest": case.digest, "seconds": seconds})


# -- the rules, in the order in which they are asked


def _policy_stale(case: _Case) -> _Answer | None:
    return _Answer("the policy could not be read again in time") if case.state.stale else None


def _tool_locked(case: _Case) -> _Answer | None:
    return _Answer("the tool is locked") if case.call.name in case.policy.locked_tools else None


def _granted(case: _Case) -> _Answer | None:
    grant = case.policy.grants.get(case.call.name)
    # A grant filed under another tool's name would judge by the wrong schema.
    if grant is None or grant.tool.name != case.call.name:
        return _Answer("the role holds no grant for this tool", "default_deny")
    case.grant = grant
    return None


def _arguments(case: _Case) -> _Answer | None:
    if len(case.call.arguments) > _MOST_ARGUMENT_CHARS:
        return _Answer("the arguments are too large", message=NOT_ACCEPTED)
    try:
        value = STRICT.read(case.call.arguments)
    except Unreadable as error:
        return _Answer(f"the arguments are no strict JSON: {error}", message=NOT_ACCEPTED)
    if not isinstance(value, dict):
        return _Answer("the arguments are no JSON object", message=NOT_ACCEPTED)
    case.arguments = value
    return None


def _schema(case: _Case) -> _Answer | None:
    faults = case.granted.tool.faults(case.arguments)
    return _Answer("; ".join(faults), message=NOT_ACCEPTED) if faults else None


def _narrowed(case: _Case) -> _Answer | None:
    grant, attributes = case.granted, case.policy.principal.attributes
    if not grant.rules:
        return None
    try:
        narrowed = narrow(case.arguments, grant.rules, attributes, grant.tool.faults)
    except Refused as refused:
        return _Answer(str(refused), refused.rule.name, NOT_ACCEPTED)
    case.arguments, case.changed = narrowed.arguments, narrowed.changed
    return None


def _not_narrowed_elsewhere(case: _Case) -> _Answer | None:
    """What the provider runs itself it runs with the model's own arguments."""
    if case.changed and case.granted.tool.runner is Runner.MCP:
        return _Answer("the arguments cannot be narrowed where the provider runs the tool", case.changed[0])
    return None


def _turn(case: _Case) -> _Answer | None:
    if case.state.calls_in_turn < case.policy.calls_per_turn:
        return None
    return _Answer(f"more than {case.policy.calls_per_turn} calls in one turn", message=NOT_NOW)


def _caps(case: _Case) -> _Answer | None:
    caps, state = case.granted.caps, case.state
    in_turn = _cap("per_turn", caps.per_turn, state.tool_in_turn)
    return in_turn or _cap("per_session", caps.per_session, state.tool_in_session)


def _day(case: _Case) -> _Answer | None:
    """Behind all but the approval: a day's calls are counted somewhere else, and only where the rest agrees."""
    most, count = case.granted.caps.per_day, case.state.tool_on_day
    if most is not None and count is None:
        return _Answer("the calls of this day could not be counted", "cap:per_day")
    return _cap("per_day", most, count or 0)


def _cap(name: str, most: int | None, count: int) -> _Answer | None:
    if most is None or count < most:
        return None
    return _Answer(f"more than {most} {name.replace('_', ' ')}", f"cap:{name}", NOT_NOW)


def _condition(case: _Case) -> _Answer | None:
    condition = case.granted.condition
    if condition is None:
        return None
    principal = case.policy.principal
    facts = {
        "args": case.arguments,
        "user": {"name": principal.name, "attributes": dict(principal.attributes)},
        "role": principal.role,
        "session": dict(case.state.session),
        "now": case.state.now,
    }
    try:
        return None if condition.holds(facts) else _Answer("the condition is not met")
    except Broken as broken:
        return _Answer(str(broken))


def _engine(case: _Case) -> _Answer | None:
    """Only ever stricter: what it permits still meets the rules behind it."""
    if case.policy.engine is None:
        return None
    answer = case.state.engine
    if answer is None or answer.failure:
        return _Answer(f"the decision engine gave no answer: {answer.failure if answer else 'not asked'}")
    if answer.decision is Decision.DENY:
        return _Answer(f"the decision engine denies: {answer.reason}"[:500])
    if answer.decision is Decision.REQUIRE_APPROVAL:
        case.approver = _DEFAULT_APPROVAL
    return None


def _approved(case: _Case) -> _Answer | None:
    """Bound to this very action: one changed character of the arguments is another one."""
    if case.granted.approver is not Approver.NONE:
        case.approver = case.granted.approver
    return _needs_approval(case)


def _needs_approval(case: _Case) -> _Answer | None:
    if case.approver is Approver.NONE:
        return None
    case.digest = digest_of(case.call.name, case.arguments)
    if case.state.approved == case.digest:
        return None
    who = "the user" if case.approver is Approver.USER else "a supervisor"
    return _Answer(f"{who} must agree", message=WAITING, decision=Decision.REQUIRE_APPROVAL)


_RIGHTS: tuple[tuple[str, Rule], ...] = (
    ("policy_stale", _policy_stale),
    ("tool_locked", _tool_locked),
    ("granted", _granted),
    ("arguments_malformed", _arguments),
    ("schema", _schema),
)
FIRST_RULE = _RIGHTS[0][0]
"""All that this module decides has looked at it."""
_RULES = (
    *_RIGHTS,
    ("argument_rules", _narrowed),
    ("mcp_arguments", _not_narrowed_elsewhere),
    ("calls_per_turn", _turn),
    ("caps", _caps),
    ("condition", _condition),
    ("engine", _engine),
    ("cap_of_the_day", _day),
    ("approval", _approved),
)
_RULES_OF_A_TRIAL = (
    *_RIGHTS,
    ("calls_per_turn", _turn),
    ("engine", _engine),
    ("approval", _needs_approval),
)
"""For a grant that is not enforced: its own rules, caps, condition and approval are left out, nothing else is."""
