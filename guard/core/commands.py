"""What a ``Session`` can order. The relay performs commands strictly in the order given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from guard.core.approval import ApprovalRequest
from guard.core.budget import Use
from guard.core.classifier import Question
from guard.core.closing import EndReason
from guard.core.engine import EngineQuestion
from guard.core.running import Execution

Event = dict[str, Any]
"""One Realtime event as a JSON object: ``{"type": str, ...}``."""


def characters_in(value: Any) -> int:
    """Of all texts, sounds and pictures in an event: what it costs to keep it."""
    if isinstance(value, dict):
        return sum(map(characters_in, value.values()))
    if isinstance(value, list):
        return sum(map(characters_in, value))
    return len(value) if isinstance(value, str) else 0


@dataclass(frozen=True, slots=True)
class ToClient:
    event: Event


@dataclass(frozen=True, slots=True)
class ToUpstream:
    event: Event


@dataclass(frozen=True, slots=True)
class Record:
    """A fact for the audit log. ``verb`` is one of ``audit.verbs``; that list also says whether it must be
    durable before the commands behind it run (class A) or may be batched (class B).

    ``subject`` is the id that the fact is about (call_id, item_id, event type); ``fields`` holds the rest and
    never holds text that the redactor hides.
    """

    verb: str
    subject: str = ""
    outcome: str = ""
    rule: str = ""
    reason: str = ""
    policy_version: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for a classifier. Nothing waits for it but what the session holds back: the answer is one more input
    (``Session.receive_judgement``)."""

    question: Question


@dataclass(frozen=True, slots=True)
class AskEngine:
    """A question for the role's decision engine; the answer comes as ``Session.receive_engine``."""

    question: EngineQuestion


@dataclass(frozen=True, slots=True)
class CountCall:
    """Count one more call of the tool on this day, unless that would be more than ``most``; the count before it comes
    as ``Session.receive_count``."""

    number: int
    tool: str
    most: int


@dataclass(frozen=True, slots=True)
class Run:
    """Run a call; the answer comes as ``Session.receive_tool_answer``."""

    execution: Execution


@dataclass(frozen=True, slots=True)
class RequestApproval:
    """Ask people: on their pages before any later command runs. What they say comes as ``Session.receive_approval``."""

    request: ApprovalRequest


@dataclass(frozen=True, slots=True)
class UseApproval:
    """Use an approval up; whether that was still possible comes as ``Session.receive_use``."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class DecideApproval:
    """The user of this session has decided about a request that was for him to decide."""

    number: int
    approve: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShowTicket:
    """The client shows a fresh ticket for this session. Whether it is good comes as ``Session.receive_renewal``."""

    number: int
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskLedger:
    """Settle what the session has used in ``total``; what its user has used today, in all sessions, comes as
    ``Session.receive_day``."""

    number: int
    total: Use


Errand = (
    Ask
    | AskEngine
    | AskLedger
    | CountCall
    | Run
    | RequestApproval
    | UseApproval
    | DecideApproval
    | ShowTicket
)
"""What is done beside everything else: no later command waits for it."""


@dataclass(frozen=True, slots=True)
class End:
    """The session is over. ``message`` overrides the closing's default sentence; it must hold no secret."""

    reason: EndReason
    message: str = ""


Command = ToClient | ToUpstream | Record | Errand | End
