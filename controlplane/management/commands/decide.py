"""``manage.py decide``: the decision that a running session would make, asked from outside."""

from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controlplane import compile, drafted
from controlplane.facts import ENGINE, BadFact, Facts
from controlplane.management.policy.reading import content_of
from controlplane.models import Role, User
from controlplane.simulation import as_json, plain, simulate
from guard.core.policy import Verdict

COUNTS = ("tool_in_turn", "tool_in_session", "tool_on_day", "calls_in_turn")


class Command(BaseCommand):
    help = "Decide a tool call as a session would, by the policy in force. Nothing is executed or recorded."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--user", required=True, help="username")
        parser.add_argument("--role", required=True, help="name of the role")
        parser.add_argument("--tool", required=True, help="name of the tool, as the model calls it")
        # Not into options["args"]: Django takes that for itself.
        parser.add_argument("--args", dest="arguments", default="{}", help="JSON text, as the model sends it")
        parser.add_argument("--json", action="store_true", help="print the verdict as one JSON object")
        policy = parser.add_mutually_exclusive_group()
        policy.add_argument("--policy-version", type=int, metavar="N", help="by this version")
        policy.add_argument("--draft", metavar="FILE", help="by this file (as `policy export` writes it)")
        _add_facts(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError("there is no user of this name")
        verdict = _verdict(user, options)
        self.stdout.write(json.dumps(as_json(verdict)) if options["json"] else _sentence(verdict))


def _add_facts(parser: argparse.ArgumentParser) -> None:
    facts = parser.add_argument_group("facts", "what the call is assumed to be made in")
    facts.add_argument("--tool-in-turn", type=int, metavar="N", help="calls of the tool in this turn")
    facts.add_argument("--tool-in-session", type=int, metavar="N", help="calls of the tool in this session")
    facts.add_argument("--tool-on-day", type=int, metavar="N", help="calls of the tool today (as counted)")
    facts.add_argument("--calls-in-turn", type=int, metavar="N", help="calls of all tools in this turn")
    facts.add_argument("--approved", action="store_true", help="as if a person had agreed to exactly this")
    facts.add_argument("--engine", choices=ENGINE, help="what the role's decision engine answers")
    facts.add_argument("--session", metavar="JSON", help='of "id", "model", "seconds", "calls"')
    facts.add_argument("--now", metavar="TIME", help="such as 2026-11-22T20:16:03+00:00")


def _verdict(user: User, options: dict[str, Any]) -> Verdict:
    try:
        snapshot = _snapshot(options)
        if not options["draft"] and not Role.objects.filter(name=options["role"]).exists():
            raise CommandError("there is no role of this name")
        return simulate(
            user,
            options["role"],
            options["tool"],
            options["arguments"],
            facts=_facts(options),
            snapshot=snapshot,
        )
    except (compile.NotInForce, drafted.BadDraft) as error:
        raise CommandError(str(error)) from error


def _snapshot(options: dict[str, Any]) -> compile.Snapshot:
    if options["draft"]:
        return drafted.from_content(content_of(options["draft"]))
    number = options["policy_version"]
    return compile.in_force() if number is None else compile.numbered(number)


def _facts(options: dict[str, Any]) -> Facts:
    given = {name: options[name] for name in (*COUNTS, "engine", "now") if options[name] is not None}
    try:
        if options["session"] is not None:
            given["session"] = json.loads(options["session"])
        return Facts.parse({**given, "approved": options["approved"]})
    except json.JSONDecodeError as error:
        raise CommandError(f"--session: is not JSON: {error}") from error
    except BadFact as error:
        raise CommandError(f"--{str(error).replace('_', '-', 2)}") from error


def _sentence(verdict: Verdict) -> str:
    duties = "; ".join(f"{duty.kind} {plain(duty.parameters)}" for duty in verdict.obligations)
    lines = [
        f"{verdict.decision.value}: {verdict.reason} (rule {verdict.rule}, policy {verdict.policy_version or 'draft'})",
        f"rules looked at: {', '.join(verdict.considered)}",
    ]
    return "\n".join(lines + ([f"obligations: {duties}"] if duties else []))
