"""Questions about the policy. Each is on record before it is answered: who asked, about whom, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audit import log
from audit.actors import Actor
from controlplane import compile, simulation
from controlplane.facts import Facts
from controlplane.models import User
from guard.core.policy import Verdict
from guard.ports import Refused

NEEDED = ("controlplane.view_policyversion", "controlplane.view_user")
"""Who may read the policy and the users can as well know what follows from both, and nobody else: answers tell what
a user's attributes are."""


@dataclass(frozen=True, slots=True)
class Question:
    """``version`` None: the policy in force. ``arguments`` is JSON text, as a model sends it."""

    user: User
    role: str
    tool: str
    arguments: str
    facts: Facts = simulation.ASSUMED
    version: int | None = None


def may_ask(user: Any) -> bool:
    return bool(user.is_active and user.has_perms(NEEDED))


def ask(*, actor: Actor, question: Question, source_ip: str = "") -> Verdict:
    """Raises ``compile.NotInForce``. Arguments are not kept: they may be anybody's."""
    snapshot = compile.in_force() if question.version is None else compile.numbered(question.version)
    verdict = simulation.simulate(
        question.user,
        question.role,
        question.tool,
        question.arguments,
        facts=question.facts,
        snapshot=snapshot,
    )
    log.record(
        "policy.simulated",
        actor=actor,
        subject=f"user:{question.user.pk}",
        role=question.role,
        policy_version=verdict.policy_version,
        source_ip=source_ip,
        fields={
            "username": question.user.username,
            "tool": question.tool[:128],
            "decision": verdict.decision.value,
            "rule": verdict.rule,
        },
    )
    return verdict


def record_refusal(*, actor: Actor, refused: Refused, username: str, source_ip: str) -> None:
    """For a question that is not answered. ``username`` is in whose name it was asked."""
    log.record(
        "policy.simulated",
        actor=actor,
        outcome="refused",
        rule=refused.code or refused.reason.value,
        reason=refused.message,
        source_ip=source_ip,
        fields={"asked_for": username},
    )
