"""A verdict as people read it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from audit.outcomes import tone
from controlplane import simulation
from controlplane.admin.words import badge, pre
from guard.core.decision import Decision
from guard.core.policy import Obligation, Verdict

SAID = {
    Decision.ALLOW: "The call would be made as it is.",
    Decision.CONSTRAIN: "The call would be made, with other arguments than the model's.",
    Decision.REQUIRE_APPROVAL: "The call would wait until a person agrees to it.",
    Decision.DENY: "The call would be denied.",
}
RULES = {
    "policy_stale": "the policy has been read in time",
    "tool_locked": "no lock on the tool",
    "granted": "the role has a grant for the tool",
    "arguments_malformed": "the arguments are one JSON object that can be read in one way only",
    "schema": "the arguments fit the tool's schema",
    "argument_rules": "the grant's rules on arguments",
    "mcp_arguments": "nothing is narrowed where the provider runs the tool",
    "calls_per_turn": "the role's limit of calls in one turn",
    "caps": "the grant's limits for a turn and a session",
    "condition": "the grant's condition",
    "engine": "the role's decision engine",
    "cap_of_the_day": "the grant's limit for a day",
    "approval": "the consent of a person",
}


@dataclass(frozen=True, slots=True)
class Step:
    """``words`` say what a rule looks at; the last step is the one that decided."""

    rule: str
    words: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Told:
    badge: SafeString
    sentence: str
    reason: str
    rule: str
    message: str
    policy: str
    steps: tuple[Step, ...]
    duties: tuple[str, ...]
    arguments: SafeString | None


def told(verdict: Verdict) -> Told:
    last = len(verdict.considered) - 1
    return Told(
        badge(verdict.decision.value.replace("_", " "), tone(verdict.decision.value)),
        SAID[verdict.decision],
        verdict.reason,
        verdict.rule,
        verdict.message,
        f"v{verdict.policy_version}",
        tuple(Step(rule, RULES.get(rule, ""), at == last) for at, rule in enumerate(verdict.considered)),
        tuple(_duty(duty) for duty in verdict.obligations),
        None if verdict.arguments is None else pre(dict(verdict.arguments)),
    )


def _duty(duty: Obligation) -> str:
    parts = [f"{name} {_listed(value)}" for name, value in simulation.plain(duty.parameters).items()]
    return f"{duty.kind.replace('_', ' ')}: {', '.join(parts)}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
