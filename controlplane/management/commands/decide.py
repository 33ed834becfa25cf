"""``manage.py decide``: the decision that a running session would make, asked from outside."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controlplane import compile
from controlplane.models import Role, User
from controlplane.operations.standing import bar_by_lock, bar_on_role
from guard.core.decide import NOT_AVAILABLE, decide
from guard.core.decision import Decision
from guard.core.policy import CallState, ToolCall, Verdict


class Command(BaseCommand):
    help = "Decide a tool call as a session would, by the policy in force. Nothing is executed or recorded."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="username")
        parser.add_argument("--role", required=True, help="name of the role")
        parser.add_argument("--tool", required=True, help="name of the tool, as the model calls it")
        # Not into options["args"]: Django takes that for itself.
        parser.add_argument("--args", dest="arguments", default="{}", help="JSON text, as the model sends it")
        parser.add_argument("--json", action="store_true", help="print the verdict as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        role = Role.objects.filter(name=options["role"]).first()
        if user is None or role is None:
            raise CommandError(f"there is no {'user' if user is None else 'role'} of this name")
        verdict = _verdict(user, role, ToolCall("call_asked", options["tool"], options["arguments"]))
        self.stdout.write(json.dumps(as_json(verdict)) if options["json"] else _sentence(verdict))


def _verdict(user: User, role: Role, call: ToolCall) -> Verdict:
    """A user who may not have a session as this role has no call allowed either."""
    try:
        snapshot = compile.in_force()
        settings = snapshot.role(role.name)
        provider = snapshot.provider_of(settings)
        policy = compile.policy_for(user, role.name, snapshot)
    except compile.NotInForce as error:
        raise CommandError(str(error)) from error
    if bar := bar_on_role(user, role) or bar_by_lock(user, role, provider):
        reason = "the user may not have a session as this role now"
        return Verdict(
            Decision.DENY, bar.rule, reason, NOT_AVAILABLE, snapshot.number, considered=(bar.rule,)
        )
    return decide(call, policy, CallState())


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The public shape (DESIGN §6). ``arguments`` is null unless the call may go on."""
    return {
        "decision": verdict.decision.value,
        "rule": verdict.rule,
        "reason": verdict.reason,
        "obligations": [{"kind": duty.kind, **_plain(duty.parameters)} for duty in verdict.obligations],
        "arguments": None if verdict.arguments is None else dict(verdict.arguments),
        "policy_version": verdict.policy_version,
    }


def _plain(parameters: Any) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, set | frozenset) else value
        for name, value in dict(parameters).items()
    }


def _sentence(verdict: Verdict) -> str:
    duties = "; ".join(f"{duty.kind} {_plain(duty.parameters)}" for duty in verdict.obligations)
    lines = [
        f"{verdict.decision.value}: {verdict.reason} (rule {verdict.rule}, policy {verdict.policy_version})",
        f"rules looked at: {', '.join(verdict.considered)}",
    ]
    return "\n".join(lines + ([f"obligations: {duties}"] if duties else []))
