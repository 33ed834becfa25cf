"""What the guard needs from the world. ``controlplane.adapters`` implements the first two, ``guard.upstream`` and
``guard.classifiers`` the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from guard.core.approval import ApprovalOutcome, ApprovalRequest
from guard.core.budget import DayUse, Use
from guard.core.carried import Carried
from guard.core.classifier import Judgement, Question
from guard.core.closing import EndReason
from guard.core.commands import Record
from guard.core.engine import EngineAnswer, EngineQuestion
from guard.core.limits import Renewal
from guard.core.policy import Policy
from guard.core.running import Execution, ToolAnswer


class Refused(Exception):
    """The control plane says no. ``reason`` picks HTTP status and close code; ``code``/``message`` are for
    the client.

    ``code`` defaults to the closing's error code; handshake refusals may use an official one such as
    ``model_not_found``.
    """

    def __init__(
        self, reason: EndReason, message: str = "", code: str = "", param: str | None = None
    ) -> None:
        super().__init__(message or reason.value)
        self.reason = reason
        self.message = message
        self.code = code
        self.param = param


class Unavailable(Exception):
    """A component behind a port did not answer in time. The caller fails closed."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the client presented. ``origin`` is None for clients that send none; ``ip`` is the socket's
    address. ``cookies`` is the header as it came: a browser may be signed in as somebody."""

    ticket: str | None
    model: str | None
    origin: str | None
    ip: str
    user_agent: str = ""
    cookies: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ProviderTarget:
    """Where to dial. ``headers`` hold the provider's key and never leave ``guard.upstream``."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Admission:
    """A redeemed ticket: everything the relay needs to start.

    ``session`` is the client's session configuration from the mint, already narrowed. ``seconds_left`` is the
    time to the end-by, judged by the database's clock at admission; ``expires_at`` is the same moment in unix
    seconds, for the client to read. ``renewal`` says until when a fresh ticket must have been shown, if ever.
    ``day`` is what the user has used today, None when no budget asks for it; ``carried`` what the sessions had used
    that this one has replaced.
    """

    session_id: str
    policy: Policy
    provider: ProviderTarget
    model: str
    seconds_left: float
    session: Mapping[str, Any] = field(default_factory=dict)
    expires_at: int = 0
    renewal: Renewal | None = None
    day: DayUse | None = None
    carried: Carried = field(default_factory=Carried)


class ControlPlane(Protocol):
    async def admit(self, handshake: Handshake) -> Admission:
        """Redeem the ticket by one atomic UPDATE, record the start durably. Raises ``Refused`` (already
        recorded)."""

    async def policy(self, session_id: str) -> Policy:
        """The session's policy as of now. Raises ``Refused`` with REVOKED, LOCKED or EXPIRED when it may not
        go on."""

    async def barred(self, session_ids: Collection[str]) -> Mapping[str, EndReason]:
        """Those of them that may not go on, and how each ends: one question for all that run in a process. Raises
        ``Unavailable``."""

    async def end(self, session_id: str, reason: EndReason, fields: Mapping[str, Any]) -> bool:
        """Compare-and-set the binding to ended and write the one terminal record. False if it had ended
        already."""

    async def renew_lease(self, running: Collection[str]) -> int:
        """Renew the lease of this process, in which the sessions ``running`` run. Answers with a number that grows with
        every change that may concern a running session. Raises ``Unavailable``; ``Refused`` when the process has been
        declared lost: its sessions have been ended, and none of them may go on."""

    async def renew(self, session_id: str, ticket: str) -> Renewal | None:
        """Redeem a fresh ticket for this very session by one atomic UPDATE. None: the role asks for no other one.
        Raises ``Refused`` (already recorded) and ``Unavailable``."""

    async def renewal(self, session_id: str) -> Renewal | None:
        """Until when a fresh ticket must have been shown, as of now. Raises ``Unavailable``."""

    async def classifier_key(self, name: str, url: str) -> str:
        """The key in clear that is stored for the classifier ``name`` at ``url``, "" when there is none. By address
        too: while an administrator moves a classifier, the old place must not see the key of the new one. Raises
        ``Unavailable``."""

    async def engine_key(self, role: str, url: str) -> str:
        """The key in clear that the decision engine of ``role`` at ``url`` is shown, "" when there is none. By address
        as well, for the same reason. Raises ``Unavailable``."""

    async def count_call(self, session_id: str, tool: str, most: int) -> int:
        """How many calls of the tool the session's user had made today (UTC), by the database's clock, before this one;
        this one is counted unless it would be more than ``most``. Raises ``Unavailable``."""

    async def spend(self, session_id: str, total: Use) -> DayUse:
        """Settle what the session has used in all: what has come on top since the last time is added to its user's day,
        once, however often it is told. Answers what that day holds then, of all sessions, by the database's clock.
        Raises ``Unavailable``."""

    async def claim(self, session_id: str, execution: Execution) -> bool:
        """Whether the call may still be made: the user's standing, the grant and the tool are as the session last saw
        them, judged in the database at this moment. Raises ``Unavailable``."""

    async def tool_secret(self, name: str, url: str) -> str:
        """The secret in clear that signs requests to the tool ``name`` at ``url``, "" when there is none. Raises
        ``Unavailable``."""

    async def request_approval(self, session_id: str, request: ApprovalRequest) -> None:
        """Durable on return: people can see it and decide. Raises ``Unavailable``."""

    async def decide_approval(self, session_id: str, number: int, approve: bool, reason: str) -> None:
        """The session's own user decides about a request that is for him to decide. Raises ``Unavailable``."""

    async def approvals(self, session_id: str) -> Sequence[ApprovalOutcome]:
        """Every request of the session that is not pending any more, each until it is used. A request past its time is
        expired, whether or not anybody has noticed. Raises ``Unavailable``."""

    async def use_approval(self, session_id: str, number: int, digest: str) -> bool:
        """Compare-and-set from approved to used: True for one caller only, within its time, for this very action.
        Raises ``Unavailable``."""


class AuditLog(Protocol):
    async def append(self, session_id: str, records: Sequence[Record]) -> None:
        """Durable on return. Raises ``Unavailable``."""

    def is_durable(self, verb: str) -> bool:
        """Whether records of this verb must be durable before their effect (class A)."""


class UpstreamConnection(Protocol):
    async def send(self, text: str) -> None: ...
    async def receive(self) -> str | bytes:
        """The next frame. Raises ``ConnectionError`` when the provider has closed or is lost."""

    async def close(self) -> None: ...


class Upstream(Protocol):
    async def dial(self, target: ProviderTarget, model: str, safety_identifier: str) -> UpstreamConnection:
        """Raises ``Unavailable`` with a sentence that names no secret."""


class Classifiers(Protocol):
    async def judge(self, question: Question) -> Judgement:
        """Never raises: why there is no judgement stands in its ``failure``."""


class Tools(Protocol):
    async def run(self, session_id: str, execution: Execution) -> ToolAnswer:
        """Never raises: why there is no answer stands in its ``failure``."""


class Engines(Protocol):
    async def ask(self, question: EngineQuestion) -> EngineAnswer:
        """Never raises: why there is no answer stands in its ``failure``."""


class Refusals(Protocol):
    async def turns_away(self, address: str) -> bool:
        """Whether the address has been refused so often that it is turned away unread. Never raises."""

    async def add(self, address: str) -> None:
        """The address was refused. Never raises."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All of them, as the composition root hands them over."""

    control: ControlPlane
    audit: AuditLog
    upstream: Upstream
    classifiers: Classifiers
    tools: Tools
    engines: Engines
    refusals: Refusals
