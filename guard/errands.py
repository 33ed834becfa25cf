"""What a session has asked somebody for, done beside everything else it does.

Each errand is one task; its answer is one more input of the session. An errand never raises: what could not be done is
an answer too, and always the one that permits least.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from guard.core.approval import ApprovalOutcome, ApprovalState
from guard.core.budget import DayUse
from guard.core.commands import (
    Ask,
    AskEngine,
    AskLedger,
    CountCall,
    DecideApproval,
    Errand,
    RequestApproval,
    Run,
    ShowTicket,
    UseApproval,
)
from guard.core.limits import Renewal
from guard.core.session import Session
from guard.ports import Ports, Refused, Unavailable
from guard.tasks import spawn

T = TypeVar("T")
log = logging.getLogger(__name__)

Step = Callable[..., Awaitable[None]]
"""Runs one input of the session, and what it orders: ``step(session.receive_…, *answer)``."""


class Errands:
    """Of one session. ``tasks`` are those under way. A ``RequestApproval`` is started only where it has failed."""

    def __init__(self, session: Session, session_id: str, step: Step, ports: Ports) -> None:
        self._session = session
        self._session_id = session_id
        self._step = step
        self._ports = ports
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, errand: Errand) -> None:
        task = spawn(self._do(errand), f"{type(errand).__name__} {self._session_id}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def ask_people(self, command: RequestApproval) -> None:
        """Durable before anybody hears of it. A request that could not be made is one that nobody can grant."""
        try:
            await self._ports.control.request_approval(self._session_id, command.request)
        except Unavailable as failure:
            log.warning("session %s: nobody could be asked: %s", self._session_id, failure)
            self.start(command)

    async def look_for_news(self) -> None:
        """Whether people have decided, or a ticket was shown elsewhere. Raises ``Unavailable``."""
        await self._look_for_approvals()
        if self._session.awaits_renewal and (renewal := await self._ports.control.renewal(self._session_id)):
            await self._step(self._session.receive_renewal_from_elsewhere, renewal)

    async def _look_for_approvals(self) -> None:
        if self._session.awaits_approval:
            for outcome in await self._ports.control.approvals(self._session_id):
                await self._step(self._session.receive_approval, outcome)

    async def _do(self, errand: Errand) -> None:
        session = self._session
        match errand:
            case Ask(question=question):
                await self._step(
                    session.receive_judgement, question.number, await self._ports.classifiers.judge(question)
                )
            case AskEngine(question=asked):
                await self._step(session.receive_engine, asked.number, await self._ports.engines.ask(asked))
            case CountCall(number=number):
                await self._step(session.receive_count, number, await self._count(errand))
            case AskLedger(number=number):
                await self._step(session.receive_day, number, await self._spend(errand))
            case Run(execution=execution):
                answer = await self._ports.tools.run(self._session_id, execution)
                await self._step(session.receive_tool_answer, execution.number, answer)
            case RequestApproval(request=request):
                outcome = ApprovalOutcome(request.number, request.digest, ApprovalState.DENIED)
                await self._step(session.receive_approval, outcome)
            case UseApproval(number=number):
                await self._step(session.receive_use, number, await self._use(errand))
            case DecideApproval():
                await self._decide(errand)
            case ShowTicket(number=number, ticket=ticket):
                await self._step(session.receive_renewal, number, *await self._show(ticket))

    async def _show(self, ticket: str) -> tuple[bool | None, Renewal | None]:
        """Whether the ticket is good, and what it is good for. None: nobody can say."""
        try:
            return True, await self._ports.control.renew(self._session_id, ticket)
        except Refused:
            return False, None
        except Unavailable as failure:
            log.warning("session %s: %s", self._session_id, failure)
            return None, None

    async def _count(self, errand: CountCall) -> int | None:
        return await self._or(
            self._ports.control.count_call(self._session_id, errand.tool, errand.most), None
        )

    async def _spend(self, errand: AskLedger) -> DayUse | None:
        return await self._or(self._ports.control.spend(self._session_id, errand.total), None)

    async def _use(self, errand: UseApproval) -> bool:
        used = self._ports.control.use_approval(self._session_id, errand.number, errand.digest)
        return await self._or(used, False)

    async def _decide(self, errand: DecideApproval) -> None:
        """The user may say it again: nothing has changed."""
        decided = self._ports.control.decide_approval(
            self._session_id, errand.number, errand.approve, errand.reason
        )
        await self._or(decided, None)
        await self._or(self._look_for_approvals(), None)

    async def _or(self, question: Awaitable[T], otherwise: T) -> T:
        try:
            return await question
        except Unavailable as failure:
            log.warning("session %s: %s", self._session_id, failure)
            return otherwise
