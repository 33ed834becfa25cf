"""Ten thousand calls in sessions: what a session records of each is what ``decide`` says of the recorded facts, what is
delivered, and what a replay of the record gives."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from decisions import arguments, attributes, some_policy
from provider import Event, event, response
from script import Admitted, Orders, Script

from guard.core.approval import ApprovalState
from guard.core.argument_stream import redacted
from guard.core.commands import AskEngine, CountCall, Record, RequestApproval, UseApproval
from guard.core.decide import decide
from guard.core.decision import Decision
from guard.core.engine import EngineAnswer
from guard.core.evidence import inputs_from
from guard.core.frames import mended
from guard.core.policy import Grant, Limits, Policy, ToolCall, Verdict
from guard.core.replay import replay
from guard.core.tools import Tool

SCRIPTS, CALLS = 200, 50
BLOCKS = 4
OPEN = Tool("tool", "", {"type": "object"})
_ANSWERS = [*map(EngineAnswer, Decision), EngineAnswer(failure="timeout"), EngineAnswer(Decision.ALLOW)]
_NO_POLICY_WAS_ASKED = frozenset(
    {"duplicate_call_id", "arguments_mismatch", "arguments_shown", "out_of_band"}
)


class Conversation:
    """A model that calls and calls, and everybody who is asked about it answers, one way or the other."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        long = Limits(max_seconds=10**6, idle_seconds=10**6)
        policy = some_policy(self.chance, attributes(self.chance))
        grants = {name: self._as_a_rule_open(grant) for name, grant in policy.grants.items()}
        self.policy = replace(policy, grants=grants, limits=long)
        self.script = Script(Admitted(self.policy, seconds_left=10**6))
        self.asked: dict[str, str] = {}
        self.orders = Orders()

    def _as_a_rule_open(self, grant: Grant) -> Grant:
        """Most calls would not get past the schemas of the vocabulary."""
        return replace(grant, tool=OPEN) if self.chance.random() < 0.8 else grant

    def run(self) -> None:
        for number in range(CALLS):
            if self.chance.random() < 0.3:
                self._hear(
                    event("input_audio_buffer.committed", item_id=f"said_{number}", previous_item_id=None)
                )
            self.script.now += self.chance.choice((0.1, 0.1, 0.1, 3.0, 11.0))
            if self.chance.random() < 0.95:
                self.script.session.policy_seen(self.script.now)
            self._hear(*self._call(number))

    def _call(self, number: int) -> list[Event]:
        text, call_id = mended(arguments(self.chance)), f"call_{number}"
        name = "tool" if self.chance.random() < 0.97 else "another"
        self.asked[call_id] = text
        item = {
            "id": f"item_{number}",
            "type": "function_call",
            "status": "completed",
            "name": name,
            "call_id": call_id,
            "arguments": text,
        }
        where = {"response_id": f"resp_{number}", "output_index": 0}
        return [
            response("response.created", id=f"resp_{number}"),
            event("response.output_item.done", **where, item=item),
            response("response.done", "completed", id=f"resp_{number}", output=[item]),
        ]

    def _hear(self, *events: Event) -> None:
        self._perform(self.script.server(*events))

    def _perform(self, orders: Orders) -> None:
        self.orders += orders
        for command in orders:
            match command:
                case AskEngine():
                    self._perform(self.script.engine(command, self.chance.choice(_ANSWERS)))
                case CountCall():
                    self._perform(self.script.counted(command, self.chance.choice((0, 1, 2, 3, 4, None))))
                case RequestApproval():
                    self.script.now += 0.5
                    agreed = self.chance.choice((ApprovalState.APPROVED, ApprovalState.DENIED))
                    self._perform(self.script.decided(command, agreed))
                case UseApproval():
                    self._perform(self.script.used(command))

    def records(self) -> list[Record]:
        return [record for record in self.orders.records if record.verb == "tool.decided"]


def by_policy(record: Record) -> bool:
    """Whether it is the policy's own answer. A person's no, and what stood in the way of asking one, is not."""
    if record.rule in _NO_POLICY_WAS_ASKED:
        return False
    return not (record.rule == "approval" and record.outcome == str(Decision.DENY))


def spoken(verdict: Verdict) -> tuple[str, str, list[str]]:
    return str(verdict.decision), verdict.rule, list(verdict.considered)


def decided_again(fields: dict[str, Any], text: str, policy: Policy) -> Verdict:
    call = ToolCall(fields["call_id"], fields["tool"], text)
    return decide(call, policy, inputs_from(fields["inputs"]))


def check(record: Record, text: str, policy: Policy, seen: Counter[str]) -> None:
    fields = json.loads(json.dumps(record.fields))
    if not by_policy(record):
        seen["not by policy"] += 1
        return
    recorded = (record.outcome, record.rule, fields["considered"])
    verdict = decided_again(fields, text, policy)
    assert spoken(verdict) == recorded
    assert record.reason == verdict.reason
    if verdict.shadow is not None:
        assert fields["shadow"] == {"decision": str(verdict.shadow.decision), "rule": verdict.shadow.rule}
    if verdict.arguments is not None:
        delivered, _ = redacted(verdict.arguments, policy.to_client)
        assert fields.get("arguments_delivered", fields["arguments"]) == delivered
    again = replay(fields, policy)
    if again.certain:
        assert again.verdict is not None
        assert spoken(again.verdict) == recorded
    seen.update((record.outcome, record.rule, "certain" if again.certain else "not certain"))
    seen["again"] += bool(fields["inputs"]["approved"])


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_a_session_records_can_be_decided_again(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(block * SCRIPTS // BLOCKS, (block + 1) * SCRIPTS // BLOCKS):
        conversation = Conversation(seed)
        conversation.run()
        records = conversation.records()
        assert {record.fields["call_id"] for record in records} == conversation.asked.keys()
        for record in records:
            check(record, conversation.asked[record.fields["call_id"]], conversation.policy, seen)
    assert min(seen[str(decision)] for decision in Decision) >= 10, seen
    for rule in (
        "policy_stale",
        "default_deny",
        "arguments_malformed",
        "schema",
        "calls_per_turn",
        "engine",
        "condition",
    ):
        assert seen[rule], rule
    assert seen["certain"] > 0.8 * seen["not certain"], "a replay may not hide behind doubts"
    assert seen["again"], "calls that a person has agreed to are judged again"
