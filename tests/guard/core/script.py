"""Scripts of one session without sockets: feed events, read what was ordered.

``Script`` opens a locked session on construction. ``server`` and ``client`` feed one or more events and return what
came of them as ``Orders``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from provider import Event, session

from guard.core.approval import ApprovalOutcome, ApprovalState
from guard.core.budget import DayUse, Use
from guard.core.carried import Carried
from guard.core.commands import (
    AskEngine,
    AskLedger,
    Command,
    CountCall,
    End,
    Record,
    RequestApproval,
    Run,
    ToClient,
    ToUpstream,
    UseApproval,
)
from guard.core.engine import EngineAnswer
from guard.core.limits import Renewal
from guard.core.policy import AudioPolicy, Grant, Limits, Policy, Principal
from guard.core.redact import Redactor, Rule
from guard.core.running import ToolAnswer
from guard.core.session import Session
from guard.core.tools import Tool

T = TypeVar("T")
CARD = "4111 1111 1111 1111"
CARD_RULE = Rule(name="card", pattern=r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b")
HIDDEN_CARD = "[CARD_REDACTED]"

ORDERS = Tool(
    "list_recent_orders",
    "Orders of an account",
    {
        "type": "object",
        "properties": {"account_id": {"type": "string"}, "limit": {"type": "integer", "maximum": 50}},
        "required": ["account_id"],
        "additionalProperties": False,
    },
)
REFUND = Tool("refund_order", "Refund", {"type": "object", "properties": {"order_id": {"type": "string"}}})


def policy(**changes: Any) -> Policy:
    redactor = Redactor([CARD_RULE])
    base = Policy(
        version=7,
        digest="d" * 64,
        principal=Principal("u-alice", "alice", "customer_support"),
        grants={ORDERS.name: Grant(ORDERS, frozenset({"margin"}))},
        to_client=redactor,
        to_model=redactor,
        models=("gpt-realtime",),
        instructions="Never refund.",
        audio=AudioPolicy.HOLD,
        limits=Limits(max_seconds=600, idle_seconds=60),
    )
    return replace(base, **changes)


@dataclass(frozen=True)
class Admitted:
    policy: Policy
    model: str = "gpt-realtime"
    session: Mapping[str, Any] = field(default_factory=dict)
    seconds_left: float = 600.0
    expires_at: int = 0
    session_id: str = "sess_1"
    renewal: Renewal | None = None
    day: DayUse | None = None
    carried: Carried = field(default_factory=Carried)


class Orders(list[Command]):
    @property
    def to_client(self) -> list[Event]:
        return [command.event for command in self if isinstance(command, ToClient)]

    @property
    def to_upstream(self) -> list[Event]:
        return [command.event for command in self if isinstance(command, ToUpstream)]

    @property
    def records(self) -> list[Record]:
        return [command for command in self if isinstance(command, Record)]

    @property
    def end(self) -> End | None:
        return next((command for command in self if isinstance(command, End)), None)

    def only(self, kind: type[T]) -> T:
        """The one errand of this kind that was ordered."""
        [errand] = [command for command in self if isinstance(command, kind)]
        return errand

    def verbs(self) -> list[str]:
        return [record.verb for record in self.records]

    def types(self) -> list[str]:
        return [event["type"] for event in self.to_client]

    def text(self) -> str:
        """Everything the client got, as one string to search in."""
        return "\n".join(json.dumps(event, ensure_ascii=False) for event in self.to_client)


class Script:
    def __init__(self, admitted: Admitted | Policy | None = None, *, opened: bool = True) -> None:
        given = admitted or policy()
        self.admitted = Admitted(given) if isinstance(given, Policy) else given
        self.now = 1000.0
        self.session = Session(self.admitted, self.now)
        self.opening = Orders()
        if opened:
            self.open()

    def open(self) -> Orders:
        """The provider's part of the lock: created, then an updated that echoes what it was sent."""
        update = self.server(session("session.created")).to_upstream[0]
        self.opening = self.server(session("session.updated", **update["session"]))
        return self.opening

    def server(self, *events: Event | str | bytes) -> Orders:
        return self._feed(self.session.receive_server, events)

    def client(self, *events: Event | str | bytes) -> Orders:
        return self._feed(self.session.receive_client, events)

    def _feed(self, receive: Any, events: Iterable[Event | str | bytes]) -> Orders:
        orders = Orders()
        for event in events:
            orders += receive(json.dumps(event) if isinstance(event, dict) else event, self.now)
        return orders

    def wait(self, seconds: float) -> Orders:
        self.now += seconds
        return Orders(self.session.tick(self.now))

    def replace(self, **changes: Any) -> Orders:
        return Orders(self.session.replace_policy(replace(self.session.policy, **changes), self.now))

    def engine(self, question: AskEngine, answer: EngineAnswer) -> Orders:
        return Orders(self.session.receive_engine(question.question.number, answer, self.now))

    def counted(self, asked: CountCall, count: int | None) -> Orders:
        return Orders(self.session.receive_count(asked.number, count, self.now))

    def day(self, asked: AskLedger, used: Use | None = None, seconds_left: float = 3600.0) -> Orders:
        """The user's day, as the ledger has it; None: it does not answer."""
        day = None if used is None else DayUse(used, seconds_left)
        return Orders(self.session.receive_day(asked.number, day, self.now))

    def ran(self, run: Run, answer: ToolAnswer | str) -> Orders:
        given = ToolAnswer(answer) if isinstance(answer, str) else answer
        return Orders(self.session.receive_tool_answer(run.execution.number, given, self.now))

    def decided(self, asked: RequestApproval, state: ApprovalState, digest: str = "") -> Orders:
        request = asked.request
        outcome = ApprovalOutcome(request.number, digest or request.digest, state, "boss")
        return Orders(self.session.receive_approval(outcome, self.now))

    def used(self, use: UseApproval, used: bool = True) -> Orders:
        return Orders(self.session.receive_use(use.number, used, self.now))
