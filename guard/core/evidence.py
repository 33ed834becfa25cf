"""What the record of a decision holds: enough to make it again later, and nothing that the redactor hides.

Where a value is hidden its keyed hash stands beside it. Whoever knows the key and has a value at hand (an attribute of
the user, an entry of a rule) can tell whether it is the same, so that a draft of the policy can be tried on the calls
of last week (``replay``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from guard.core.argument_stream import ArgumentStream, redacted
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer
from guard.core.frames import Unreadable
from guard.core.policy import CallState, Policy, Verdict
from guard.core.redact import Redactor

MOST_RECORDED = 16 * 1024
UNREADABLE = "unreadable ("
"""How a record begins that stands for arguments which are no JSON."""


def hash_of(value: Any, key: bytes) -> str:
    """HMAC-SHA-256, in hex, of the value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def seal_key(key: bytes) -> str:
    """Tells hashes of different keys apart, and nothing about the key."""
    return hash_of("seal", key)[:16]


def sealed(original: Any, shown: Any, key: bytes, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each place (a JSON pointer) where ``shown`` differs from ``original``, with the hash, the type and the length of
    what stands there."""
    if isinstance(original, dict) and isinstance(shown, dict) and original.keys() == shown.keys():
        for name, value in original.items():
            step = name.replace("~", "~0").replace("/", "~1")
            yield from sealed(value, shown[name], key, f"{pointer}/{step}")
    elif isinstance(original, list) and isinstance(shown, list) and len(original) == len(shown):
        for index, value in enumerate(original):
            yield from sealed(value, shown[index], key, f"{pointer}/{index}")
    elif original != shown or type(original) is not type(shown):
        length = len(original) if isinstance(original, str | list | dict) else 0
        yield pointer, {"hash": hash_of(original, key), "type": type(original).__name__, "length": length}


def on_record(arguments: str, redactor: Redactor) -> str:
    """The model's arguments, redacted: what cannot be read cannot be redacted, so only its size is told."""
    stream = ArgumentStream(redactor)
    stream.push(arguments[:MOST_RECORDED])
    if len(arguments) <= MOST_RECORDED:
        stream.finish()
    if stream.broken:
        return f"{UNREADABLE}{stream.broken}), {len(arguments)} characters"
    return stream.shown


def fields_of(arguments: str, verdict: Verdict, facts: CallState, policy: Policy) -> dict[str, Any]:
    """Of the record ``tool.decided``, beside who and what. ``replayable`` is False where the arguments are too long or
    broken to be kept."""
    shown = on_record(arguments, policy.to_client)
    attributes, seals = _attributes(policy)
    fields: dict[str, Any] = {
        "arguments": shown,
        "attributes": attributes,
        "inputs": _inputs(facts),
        "replayable": len(arguments) <= MOST_RECORDED,
    }
    seals |= _seals_of(arguments, shown, policy)
    if seals:
        fields["sealed"] = seals | {"key": seal_key(policy.evidence_key)}
    if verdict.shadow is not None:
        fields["shadow"] = {"decision": str(verdict.shadow.decision), "rule": verdict.shadow.rule}
    return fields


def _seals_of(arguments: str, shown: str, policy: Policy) -> dict[str, Any]:
    try:
        original, kept = msgspec.json.decode(arguments), msgspec.json.decode(shown)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    found = dict(sealed(original, kept, policy.evidence_key))
    return {"arguments": found} if found else {}


def _attributes(policy: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    attributes = dict(policy.principal.attributes)
    if not attributes:
        return {}, {}
    try:
        shown = msgspec.json.decode(redacted(attributes, policy.to_client)[0])
    except (Unreadable, msgspec.MsgspecError):
        shown = {}
    found = dict(sealed(attributes, shown, policy.evidence_key))
    return shown, {"attributes": found} if found else {}


def _inputs(facts: CallState) -> dict[str, Any]:
    engine = facts.engine
    return {
        "stale": facts.stale,
        "tool_in_turn": facts.tool_in_turn,
        "tool_in_session": facts.tool_in_session,
        "tool_on_day": facts.tool_on_day,
        "calls_in_turn": facts.calls_in_turn,
        "approved": facts.approved,
        "engine": None
        if engine is None
        else {"decision": str(engine.decision), "reason": engine.reason, "failure": engine.failure},
        "session": dict(facts.session),
        "now": facts.now.isoformat() if facts.now else None,
    }


def inputs_from(recorded: Mapping[str, Any]) -> CallState:
    """The facts of a decision, from the ``inputs`` of its record. Raises ValueError, TypeError or KeyError for what was
    never written so."""
    engine = recorded["engine"]
    return CallState(
        stale=bool(recorded["stale"]),
        tool_in_turn=recorded["tool_in_turn"],
        tool_in_session=recorded["tool_in_session"],
        tool_on_day=recorded["tool_on_day"],
        calls_in_turn=recorded["calls_in_turn"],
        approved=recorded["approved"],
        engine=None
        if engine is None
        else EngineAnswer(Decision(engine["decision"]), engine["reason"], engine["failure"]),
        session=recorded["session"],
        now=datetime.fromisoformat(recorded["now"]) if recorded["now"] else None,
    )
