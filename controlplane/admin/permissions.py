"""A compiled policy in sentences: what the guard will do for this role, not what the form says."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.admin.words import count, listing, span
from guard.core.policy import AudioPolicy, Grant, Policy
from guard.core.redact import Operator, Redactor

AUDIO = {
    AudioPolicy.HOLD: "Speech reaches the client only when its whole transcript is clean.",
    AudioPolicy.TEXT_ONLY: "The model is never asked for speech: text only.",
    AudioPolicy.KILL: "Speech is played at once and cut at the first find in its transcript.",
    AudioPolicy.DELIVER: "Speech is passed on UNREDACTED: whatever the model says can be heard.",
}


def may(policy: Policy) -> list[str]:
    """One sentence for each tool that may be called."""
    return [_call(name, grant, name in policy.locked_tools) for name, grant in sorted(policy.grants.items())]


def may_not(policy: Policy, tools: list[str]) -> str:
    denied = [name for name in sorted(tools) if name not in policy.grants]
    if not policy.grants:
        return "It may call no tool: every call is denied."
    if not denied:
        return "Every tool that exists is granted. Calls of anything else are denied."
    return f"It may not call {listing(denied)}, nor anything else: what is not granted is denied."


def sentences(policy: Policy) -> Iterator[str]:
    """The rest: models, instructions, speech, redaction, limits."""
    yield f"It talks to {listing(policy.models, none='no model, so no session can start')}."
    yield _instructions(policy)
    if policy.accepts_history:
        yield "Clients may insert earlier turns of the model, true or not."
    yield AUDIO[policy.audio]
    yield _redaction("On the way to the client", policy.to_client)
    yield _redaction("On the way to the model", policy.to_model)
    yield _limits(policy)


def _call(name: str, grant: Grant, is_locked: bool) -> str:
    if is_locked:
        return f"{name}: granted, but locked now, so every call is denied."
    if not grant.hidden_fields:
        return f"{name}: the model sees the whole result."
    return f"{name}: without {listing(sorted(grant.hidden_fields))} in the result."


def _instructions(policy: Policy) -> str:
    own = "Its instructions are fixed here" if policy.instructions else "It has no instructions of its own"
    if policy.accepts_client_instructions:
        return f"{own}; what the client asks for is appended below."
    return f"{own}; instructions from clients are dropped."


def _redaction(way: str, redactor: Redactor) -> str:
    hidden = sorted(rule.name for rule in redactor.rules if rule.operator is not Operator.FLAG)
    noted = sorted(rule.name for rule in redactor.rules if rule.operator is Operator.FLAG)
    said = f"{way}, hidden: {listing(hidden, none='nothing')}."
    return f"{said} Only recorded: {listing(noted)}." if noted else said


def _limits(policy: Policy) -> str:
    limits = policy.limits
    said = f"A session ends after {span(limits.max_seconds)}, or {span(limits.idle_seconds)} without activity"
    if policy.max_output_tokens:
        said += f"; a response has at most {count(policy.max_output_tokens, 'token')}"
    return f"{said}."
