"""What a trial has shown, as the sentence that somebody decides by. Pure."""

from __future__ import annotations

from controlplane.admin.words import count
from controlplane.trials import CallTrial, FindTrial
from guard.core.decision import Decision

OUTCOMES = {
    Decision.ALLOW: "would have passed unchanged",
    Decision.CONSTRAIN: "would have been narrowed",
    Decision.REQUIRE_APPROVAL: "would have waited for approval",
    Decision.DENY: "would have been denied",
}


def of_calls(trial: CallTrial, period: str) -> str:
    """``In 7 days 412 calls, 398 would have passed unchanged, 14 would have been denied (cap:per_day). …``"""
    if not trial.calls:
        return f"In {period} no call went through: nothing is known yet.{_denied(trial)}"
    parts = [_outcome(trial, decision) for decision in OUTCOMES if trial.would[decision]]
    changed = trial.calls - trial.would[Decision.ALLOW]
    advice = (
        f"Look at {_these(changed)} before you enforce." if changed else "Nothing speaks against enforcing."
    )
    return f"In {period} {count(trial.calls, 'call')}, {', '.join(parts)}. {advice}{_denied(trial)}"


def of_finds(trial: FindTrial, period: str) -> str:
    if not trial.finds:
        return f"In {period} it has found nothing: nothing would have been hidden."
    found = count(trial.finds, "find")
    return f"In {period} {found} in {count(trial.sessions, 'session')} would have been hidden."


def _outcome(trial: CallTrial, decision: Decision) -> str:
    rule = "" if decision is Decision.ALLOW else trial.rule_of(decision)
    words = f"{trial.would[decision]} {OUTCOMES[decision]}"
    return f"{words} (most often by {rule})" if rule else words


def _these(number: int) -> str:
    return "this one" if number == 1 else f"these {number}"


def _denied(trial: CallTrial) -> str:
    return f" {count(trial.denied, 'call')} more: denied in any case." if trial.denied else ""
