"""Random policies, calls and facts, from a vocabulary so small that everything meets everything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from documents import damaged
from script import policy

from guard.core.approval import Approver, digest_of
from guard.core.arguments import ArgumentRule, parse
from guard.core.condition import Condition
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.evidence import fields_of
from guard.core.policy import CallState, Caps, Grant, Policy, Principal, ToolCall, Verdict
from guard.core.redact import Redactor, Rule
from guard.core.tools import Tool

HIDING = Redactor(
    [
        Rule("secret", r"secret[a-z]{0,9}", replacement="[HIDDEN]"),
        Rule("number", r"\b4[0-9]{3}\b", replacement="[NUMBER]"),
        Rule("blot", r"s3cr3t", replacement=""),
    ]
)
KEY = b"evidence"
TEXTS = ["secret", "secreta", "secretsanta", "plain", "other", "", "4111", "a s3cr3t b", "s3cr3t", "[HIDDEN]"]
NUMBERS = [4111, 4111.0, 4222, 4222.5, 4333, 1, 1.0, 0, 7, True, False, None]
NAMES = ["a", "b", "c", "o"]
CONDITIONS = [
    "args.a.startsWith('secret')",
    "user.attributes.own == 'secret'",
    "session.calls < 3",
    "true",
    "1 / 0 == 1",
]
KEYWORDS: list[dict[str, Any]] = [
    *(
        {},
        {"type": "string"},
        {"type": ["string", "number"]},
        {"type": "integer"},
        {"enum": ["secret", "plain", 4111]},
    ),
    *({"const": "secret"}, {"maxLength": 6}, {"minLength": 7}, {"pattern": "^secret"}, {"maximum": 4200}),
    *({"items": {"enum": ["secret", "plain"]}}, {"uniqueItems": True}, {"not": {"const": "secret"}}),
    *(
        {"properties": {"b": {"type": "string"}}, "additionalProperties": False},
        {"contains": {"const": "secret"}},
    ),
]
RULES: list[dict[str, Any]] = [
    *({"fixed": "secret"}, {"fixed": "@own"}, {"fixed": 4111}, {"fixed": "@absent"}, {"dropped": True}),
    *({"at_most": 4200}, {"at_least": 4200.5}, {"max_length": 4}, {"max_length": 9}, {"owned": "own"}),
    *({"one_of": ["secret", "plain", 4111, 1]}, {"one_of": [["secret", 1], {"b": "secret"}]}),
    {"max_length": 6, "one_of": ["secret", "plain"]},
]


def scalar(chance: Random) -> Any:
    return chance.choice(TEXTS if chance.random() < 0.7 else NUMBERS)


def value(chance: Random) -> Any:
    match chance.randrange(6):
        case 0:
            return [scalar(chance) for _ in range(chance.randint(0, 2))]
        case 1:
            names = [*NAMES, "secretname"] if chance.random() < 0.1 else NAMES
            return {name: scalar(chance) for name in chance.sample(names, k=chance.randint(0, 2))}
        case _:
            return scalar(chance)


def arguments(chance: Random) -> str:
    names = [*NAMES, "secrets"] if chance.random() < 0.05 else NAMES
    text = json.dumps({name: value(chance) for name in chance.sample(names, k=chance.randint(0, 4))})
    return damaged(chance, text) if chance.random() < 0.05 else text


def attributes(chance: Random) -> dict[str, Any]:
    own = {"own": value(chance)} if chance.random() < 0.8 else {}
    return own | ({"secretly": "x"} if chance.random() < 0.05 else {})


def schema(chance: Random) -> dict[str, Any]:
    chosen = chance.sample(NAMES, k=chance.randint(0, 2))
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: chance.choice(KEYWORDS) for name in chosen},
    }
    if chance.random() < 0.2:
        found["required"] = [chance.choice(NAMES)]
    if chance.random() < 0.1:
        found["additionalProperties"] = chance.choice([False, {"type": "string"}])
    if chance.random() < 0.1:
        found["anyOf"] = [{"required": ["a"]}, {"properties": {"b": {"const": "secret"}}}]
    return found


def rules(chance: Random) -> tuple[ArgumentRule, ...]:
    names = chance.sample([*NAMES, "o.b", "o.a"], k=chance.choice((0, 0, 1, 1, 2)))
    return tuple(rule for name in sorted(names) for rule in parse(name, chance.choice(RULES)))


def grant(chance: Random) -> Grant:
    def cap() -> int | None:
        return chance.choice((None, None, None, 1, 3))

    return Grant(
        Tool("tool", "", schema(chance)),
        rules=rules(chance),
        caps=Caps(cap(), cap(), cap()),
        condition=Condition(chance.choice(CONDITIONS)) if chance.random() < 0.15 else None,
        approver=chance.choice((Approver.NONE, Approver.NONE, Approver.NONE, Approver.USER)),
        enforced=chance.random() < 0.9,
    )


def some_policy(chance: Random, user: dict[str, Any]) -> Policy:
    return policy(
        version=chance.randint(1, 9),
        digest=f"{chance.getrandbits(256):064x}",
        principal=Principal("u", "alice", "support", user),
        grants={"tool": grant(chance)} if chance.random() < 0.95 else {},
        to_client=HIDING,
        engine=Engine("http://engine/") if chance.random() < 0.1 else None,
        evidence_key=KEY,
        calls_per_turn=chance.choice((2, 25)),
        locked_tools=frozenset({"tool"} if chance.random() < 0.03 else ()),
    )


def facts(chance: Random, call: ToolCall, policy: Policy) -> CallState:
    answer = EngineAnswer(chance.choice(list(Decision)), failure=chance.choice(("", "", "timeout")))
    found = CallState(
        stale=chance.random() < 0.03,
        tool_in_turn=chance.randint(0, 2),
        tool_in_session=chance.randint(0, 4),
        tool_on_day=chance.choice((None, 0, 1, 4)),
        calls_in_turn=chance.randint(0, 3),
        engine=answer if policy.engine and chance.random() < 0.9 else None,
        session={"id": "s", "model": "m", "seconds": 3, "calls": chance.randint(0, 5)},
        now=datetime(2026, 11, 22, chance.randrange(24), tzinfo=UTC) if chance.random() < 0.9 else None,
    )
    return replace(found, approved=agreed(chance, call, policy, found))


def agreed(chance: Random, call: ToolCall, policy: Policy, found: CallState) -> str:
    """Mostly nobody has been asked; else to what this policy would ask about, or to something else."""
    if chance.random() < 0.7:
        return ""
    asked = as_a_session_decides(call, policy, found)
    digests = [duty.parameters["digest"] for duty in asked.obligations if duty.kind == "approval"]
    return digests[0] if digests else digest_of("tool", {})


def as_a_session_decides(call: ToolCall, policy: Policy, facts: CallState) -> Verdict:
    """What can be denied without the engine and without a count is (``judging``)."""
    hoped = replace(
        facts, engine=facts.engine or EngineAnswer(Decision.ALLOW), tool_on_day=facts.tool_on_day or 0
    )
    verdict = decide(call, policy, hoped)
    return verdict if verdict.decision is Decision.DENY else decide(call, policy, facts)


def recorded(call: ToolCall, verdict: Verdict, facts: CallState, policy: Policy) -> dict[str, Any]:
    """The fields of the record, as they come back from the log."""
    fields = {
        "call_id": call.call_id,
        "tool": call.name,
        "considered": list(verdict.considered),
        "policy_digest": policy.digest,
        **fields_of(call.arguments, verdict, facts, policy),
    }
    found: dict[str, Any] = json.loads(json.dumps(fields))
    return found
