"""A compiled grant in words: what the guard will do with a call of its tool. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from controlplane.admin.words import listing, span
from guard.core.approval import Approver
from guard.core.arguments import ATTRIBUTE, ArgumentRule, RuleKind
from guard.core.policy import Caps, Grant
from guard.core.running import Runner
from guard.core.tools import Tool


def said(grant: Grant) -> str:
    """Clauses, joined; the tool's name and a full stop are the caller's."""
    limits = list(_limits(grant))
    if limits and not grant.enforced:
        limits = [f"only tried and recorded, not enforced ({'; '.join(limits)})"]
    return "; ".join([*limits, *_course(grant)])


def _limits(grant: Grant) -> Iterator[str]:
    """What shadow mode leaves out."""
    if grant.rules:
        yield ", ".join(_RULES[rule.kind](rule) for rule in grant.rules)
    if grant.condition:
        yield f"only if {grant.condition.source}"
    if grant.approver is not Approver.NONE:
        who = "the user" if grant.approver is Approver.USER else "a supervisor"
        yield f"{who} must agree within {span(grant.approval_seconds)}"
    yield from _caps(grant.caps)


def _caps(caps: Caps) -> Iterator[str]:
    counts = [("turn", caps.per_turn), ("session", caps.per_session), ("day", caps.per_day)]
    if said := [f"{most} per {what}" for what, most in counts if most is not None]:
        yield f"at most {listing(said)}"


def _course(grant: Grant) -> Iterator[str]:
    """What happens to a call that is allowed."""
    if where := _run_by(grant.tool):
        yield where
    yield _result(grant)
    if grant.streams_arguments:
        yield "its arguments are shown while the model writes them, before the call is decided"


def _run_by(tool: Tool) -> str:
    if tool.endpoint:
        return f"run by Sallyport at {_place(tool.endpoint.url)}"
    if tool.mcp:
        return f"run by the provider, as {tool.mcp.tool} of MCP server {tool.mcp.label} at {_place(tool.mcp.url)}"
    return ""


def _place(url: str) -> str:
    """A query may hold what not everybody who may look at a role should read."""
    return url.partition("?")[0]


def _result(grant: Grant) -> str:
    if grant.tool.runner is Runner.MCP:
        return "the provider hands the whole result to the model"
    hidden = listing(sorted(grant.hidden_fields))
    if grant.visible_fields is not None:
        seen = f"the model sees only {listing(sorted(grant.visible_fields))} of the result"
        return f"{seen}, without {hidden}" if grant.hidden_fields else seen
    return f"without {hidden} in the result" if grant.hidden_fields else "the model sees the whole result"


# -- rules


def _fixed(rule: ArgumentRule) -> str:
    if isinstance(rule.value, str) and rule.value.startswith(ATTRIBUTE):
        return f"{rule.argument} is always the user's {rule.value.removeprefix(ATTRIBUTE)}"
    return f"{rule.argument} is always {_plain(rule.value)}"


def _one_of(rule: ArgumentRule) -> str:
    return f"{rule.argument} one of {', '.join(map(_plain, rule.value))}"


def _owned(rule: ArgumentRule) -> str:
    own = "own" if rule.value == rule.argument else f"own {rule.value}"
    return f"{rule.argument} is the user's {own}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_RULES: dict[RuleKind, Callable[[ArgumentRule], str]] = {
    RuleKind.FIXED: _fixed,
    RuleKind.DROPPED: lambda rule: f"{rule.argument} is left out",
    RuleKind.AT_MOST: lambda rule: f"{rule.argument} at most {rule.value}",
    RuleKind.AT_LEAST: lambda rule: f"{rule.argument} at least {rule.value}",
    RuleKind.MAX_LENGTH: lambda rule: f"{rule.argument} cut to a length of {rule.value}",
    RuleKind.ONE_OF: _one_of,
    RuleKind.OWNED: _owned,
}
