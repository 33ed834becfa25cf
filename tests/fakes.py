"""The ports and the provider's socket, in memory. The ``Session`` under test is always the real one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guard.core.approval import ApprovalOutcome, ApprovalRequest, ApprovalState
from guard.core.budget import DayUse, Use
from guard.core.closing import EndReason
from guard.core.commands import Record
from guard.core.limits import Renewal
from guard.core.policy import AudioPolicy, Grant, Limits, Policy, Principal
from guard.core.redact import Redactor, Rule
from guard.core.running import Execution
from guard.core.tools import Tool
from guard.ports import Admission, Handshake, ProviderTarget, Refused, Unavailable

Event = dict[str, Any]

CARD = "4111 1111 1111 1111"
ORDERS = Tool(
    "list_recent_orders", "Orders", {"type": "object", "properties": {"limit": {"type": "integer"}}}
)


def policy(**changes: Any) -> Policy:
    redactor = Redactor([Rule(name="card", pattern=r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b")])
    base = Policy(
        version=1,
        digest="d" * 64,
        principal=Principal("7", "alice", "customer_support"),
        grants={ORDERS.name: Grant(ORDERS)},
        to_client=redactor,
        to_model=redactor,
        models=("gpt-realtime",),
        instructions="Be kind.",
        audio=AudioPolicy.HOLD,
        limits=Limits(max_seconds=600, idle_seconds=60),
    )
    return replace(base, **changes)


def admission(**changes: Any) -> Admission:
    target = ProviderTarget("fake", "ws://127.0.0.1:1/v1/realtime", {"Authorization": "Bearer sk-provider"})
    base = Admission("11111111-1111-4111-8111-111111111111", policy(), target, "gpt-realtime", 600.0)
    return replace(base, **changes)


class FakeControlPlane:
    """Answers with ``admission`` and ``current``, or raises what is put in their place."""

    def __init__(self) -> None:
        self.admission: Admission | Exception = admission()
        self.current: Policy | Exception = policy()
        self.number: int | Exception = 1
        self.running: set[str] = set()
        self.lease_renewals = 0
        self.keys: dict[str, str] = {}
        self.renewals: dict[str, Renewal | Exception | None] = {}
        self.renewed: Renewal | None = None
        self.counts: dict[str, Any] = {}
        self.requests: list[ApprovalRequest] = []
        self.outcomes: list[ApprovalOutcome] = []
        self.approving: Exception | None = None
        self.spent: list[Use] = []
        self.day: DayUse | Exception = DayUse(Use(), 3600.0)
        self.handshakes: list[Handshake] = []
        self.reads: list[str] = []
        self.barred_ids: dict[str, EndReason] = {}
        self.ends: list[tuple[str, EndReason, Mapping[str, Any]]] = []
        self.before_policy: Callable[[], Any] | None = None
        self.ended = asyncio.Event()

    async def admit(self, handshake: Handshake) -> Admission:
        self.handshakes.append(handshake)
        return _given(self.admission)

    async def policy(self, session_id: str) -> Policy:
        self.reads.append(session_id)
        answer = self.current
        if self.before_policy is not None:
            await self.before_policy()
        return _given(answer)

    async def end(self, session_id: str, reason: EndReason, fields: Mapping[str, Any]) -> bool:
        self.ends.append((session_id, reason, fields))
        self.ended.set()
        return True

    async def barred(self, session_ids: Collection[str]) -> Mapping[str, EndReason]:
        return {each: reason for each, reason in self.barred_ids.items() if each in session_ids}

    async def renew_lease(self, running: Collection[str]) -> int:
        self.running = set(running)
        self.lease_renewals += 1
        return _given(self.number)

    async def engine_key(self, role: str, url: str) -> str:
        return ""

    async def renew(self, session_id: str, ticket: str) -> Renewal | None:
        return _given(self.renewals.get(ticket, Refused(EndReason.UNAUTHENTICATED)))

    async def renewal(self, session_id: str) -> Renewal | None:
        return self.renewed

    async def classifier_key(self, name: str, url: str) -> str:
        return self.keys.get(name, "")

    async def tool_secret(self, name: str, url: str) -> str:
        return self.keys.get(name, "")

    async def count_call(self, session_id: str, tool: str, most: int) -> int:
        count = _given(self.counts.get(tool, 0))
        self.counts[tool] = min(count + 1, most)
        return int(count)

    async def spend(self, session_id: str, total: Use) -> DayUse:
        self.spent.append(total)
        return _given(self.day)

    async def claim(self, session_id: str, execution: Execution) -> bool:
        return True

    async def request_approval(self, session_id: str, request: ApprovalRequest) -> None:
        _given(self.approving)
        self.requests.append(request)

    async def decide_approval(self, session_id: str, number: int, approve: bool, reason: str) -> None:
        state = ApprovalState.APPROVED if approve else ApprovalState.DENIED
        self.decide(number, state)

    def decide(self, number: int, state: ApprovalState) -> None:
        """Somebody has said yes or no."""
        request = next(each for each in self.requests if each.number == number)
        self.outcomes.append(ApprovalOutcome(number, request.digest, state, "boss"))

    async def approvals(self, session_id: str) -> list[ApprovalOutcome]:
        return list(self.outcomes)

    async def use_approval(self, session_id: str, number: int, digest: str) -> bool:
        approved = [each for each in self.outcomes if (each.number, each.digest) == (number, digest)]
        self.outcomes = [each for each in self.outcomes if each.number != number]
        return any(each.state is ApprovalState.APPROVED for each in approved)


def _given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


class FakeAudit:
    """Keeps records. ``fail`` makes appends raise, ``hold`` makes them wait. Class A verbs are in ``DURABLE``."""

    DURABLE = ("tool.decided", "session.refused", "tool.abandoned")

    def __init__(self) -> None:
        self.batches: list[list[Record]] = []
        self.fail = False
        self.hold: asyncio.Event | None = None

    @property
    def records(self) -> list[Record]:
        return [record for batch in self.batches for record in batch]

    async def append(self, session_id: str, records: Sequence[Record]) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.fail:
            raise Unavailable("the audit log is away")
        self.batches.append(list(records))

    def is_durable(self, verb: str) -> bool:
        return verb in self.DURABLE


class FakeProvider:
    """A provider's connection: confirms every ``session.update``, and says what the test tells it to say."""

    def __init__(self, *, confirms: bool = True) -> None:
        self.sent: list[Event] = []
        self.closed = False
        self.stuck = False
        self._confirms = confirms
        self._session: Event = {"id": "sess_1"}
        self._frames: asyncio.Queue[str | Exception] = asyncio.Queue()
        self.say({"type": "session.created", "session": {"id": "sess_1", "type": "realtime"}})

    def say(self, *events: Event) -> None:
        for event in events:
            self._frames.put_nowait(json.dumps({"event_id": "event_x", **event}))

    def lose(self, reason: str = "gone") -> None:
        self._frames.put_nowait(ConnectionError(reason))

    async def send(self, text: str) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        event = json.loads(text)
        self.sent.append(event)
        if event["type"] == "session.update" and self._confirms:
            self._session |= event["session"]
            self.say({"type": "session.updated", "session": self._session})

    async def receive(self) -> str | bytes:
        return _given(await self._frames.get())

    async def close(self) -> None:
        self.closed = True


class FakeUpstream:
    def __init__(self) -> None:
        self.provider: FakeProvider | Exception = FakeProvider()
        self.dialled: list[tuple[ProviderTarget, str, str]] = []
        self.hold: asyncio.Event | None = None

    async def dial(self, target: ProviderTarget, model: str, safety_identifier: str) -> FakeProvider:
        self.dialled.append((target, model, safety_identifier))
        if self.hold is not None:
            await self.hold.wait()
        return _given(self.provider)


HELLO = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
}


def call_of(name: str, arguments: str = "{}") -> list[Event]:
    """The events of a response that is one function call."""
    item = {
        "id": "item_F",
        "type": "function_call",
        "status": "in_progress",
        "name": name,
        "call_id": "call_1",
    }
    opened, done = {**item, "arguments": ""}, {**item, "status": "completed", "arguments": arguments}
    part = {"response_id": "resp_1", "output_index": 0, "item_id": "item_F", "call_id": "call_1"}
    at = {"response_id": "resp_1", "output_index": 0}
    return [
        {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", **at, "item": opened},
        {"type": "conversation.item.added", "previous_item_id": None, "item": opened},
        {"type": "response.function_call_arguments.delta", **part, "delta": arguments},
        {"type": "response.function_call_arguments.done", **part, "name": name, "arguments": arguments},
        {"type": "conversation.item.done", "previous_item_id": None, "item": done},
        {"type": "response.output_item.done", **at, "item": done},
        {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": [done]}},
    ]


async def until(condition: Callable[[], Any], seconds: float = 3.0) -> None:
    """Wait until the condition holds; fails after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def refused(reason: EndReason, code: str = "") -> Refused:
    return Refused(reason, code=code)
