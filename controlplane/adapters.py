"""The guard's ports, answered with the ORM, each question as one transaction with a deadline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from audit import log, verbs
from audit.actors import Actor
from controlplane import compile, entrance
from controlplane.database import Database
from controlplane.models import Approval, Classifier, Role, SessionBinding
from controlplane.operations import admission, approvals, calls, renewals, sessions, spending
from controlplane.operations.standing import bar_on, barred, ended_by
from controlplane.process import Leased, Process
from guard.core.approval import ApprovalOutcome, ApprovalRequest
from guard.core.budget import DayUse, Use
from guard.core.closing import EndReason
from guard.core.commands import Record
from guard.core.limits import Renewal
from guard.core.policy import Policy
from guard.core.running import Execution
from guard.ports import Admission, Handshake, Refused, Unavailable


class DatabaseControlPlane:
    """``guard.ports.ControlPlane``."""

    def __init__(self, database: Database | None = None, lease: Leased | None = None) -> None:
        self._database = database or Database()
        self._process = Process(self._database.run, lease)

    async def admit(self, handshake: Handshake) -> Admission:
        node = await self._process.node()
        return await entrance.admit(self._database.run, handshake, node)

    async def renew_lease(self, running: Collection[str]) -> int:
        return await self._process.renew(running)

    async def stop(self) -> None:
        """The process is about to exit, and nothing runs in it. Raises ``Unavailable``."""
        await self._process.stop()

    async def policy(self, session_id: str) -> Policy:
        return await self._database.run(lambda: _policy(session_id))

    async def barred(self, session_ids: Collection[str]) -> Mapping[str, EndReason]:
        return await self._database.run(lambda: _barred(session_ids))

    async def end(self, session_id: str, reason: EndReason, fields: Mapping[str, Any]) -> bool:
        work = partial(_end, session_id, reason, fields)
        try:
            return await self._database.run(work)
        except BaseException:  # a cancellation as well: nobody else will write it while this process lives
            self._process.owe(session_id, work)
            raise

    async def renew(self, session_id: str, ticket: str) -> Renewal | None:
        return await self._database.run(lambda: renewals.redeem(session_id=session_id, ticket=ticket))

    async def renewal(self, session_id: str) -> Renewal | None:
        return await self._database.run(lambda: renewals.current(session_id))

    async def classifier_key(self, name: str, url: str) -> str:
        return await self._database.run(lambda: _classifier_key(name, url))

    async def engine_key(self, role: str, url: str) -> str:
        return await self._database.run(lambda: _engine_key(role, url))

    async def tool_secret(self, name: str, url: str) -> str:
        return await self._database.run(lambda: calls.secret_of(name, url))

    async def count_call(self, session_id: str, tool: str, most: int) -> int:
        return await self._database.run(lambda: calls.count(session_id=session_id, tool=tool, most=most))

    async def spend(self, session_id: str, total: Use) -> DayUse:
        return await self._database.run(lambda: spending.settle(session_id=session_id, total=total))

    async def claim(self, session_id: str, execution: Execution) -> bool:
        return await self._database.run(lambda: calls.may_run(session_id, execution))

    async def request_approval(self, session_id: str, request: ApprovalRequest) -> None:
        await self._refusable(lambda: _request_approval(session_id, request))

    async def decide_approval(self, session_id: str, number: int, approve: bool, reason: str) -> None:
        await self._refusable(lambda: _decide_approval(session_id, number, approve, reason))

    async def approvals(self, session_id: str) -> Sequence[ApprovalOutcome]:
        return await self._database.run(lambda: approvals.outcomes(session_id))

    async def use_approval(self, session_id: str, number: int, digest: str) -> bool:
        return await self._database.run(lambda: _use_approval(session_id, number, digest))

    async def _refusable(self, work: Callable[[], None]) -> None:
        """A step that is refused is on record; to the session it is one that did not happen."""
        try:
            await self._database.run(work)
        except Refused as refused:
            raise Unavailable(refused.message) from refused


class DatabaseAuditLog:
    """``guard.ports.AuditLog``."""

    def __init__(self, database: Database | None = None) -> None:
        self._database = database or Database()

    async def append(self, session_id: str, records: Sequence[Record]) -> None:
        await self._database.run(lambda: _append(session_id, records))

    def is_durable(self, verb: str) -> bool:
        return verbs.is_durable(verb)


def _classifier_key(name: str, url: str) -> str:
    row = Classifier.objects.filter(name=name, url=url, retired_at=None).first()
    return row.api_key() if row else ""


def _engine_key(role: str, url: str) -> str:
    row = Role.objects.filter(name=role, engine_url=url, retired_at=None).first()
    return row.key() if row else ""


def _request_approval(session_id: str, request: ApprovalRequest) -> None:
    approvals.request(actor=_actor(session_id), session_id=session_id, request=request)


def _decide_approval(session_id: str, number: int, approve: bool, reason: str) -> None:
    approval = Approval.objects.filter(binding__pk=session_id, number=number).first()
    if approval is None:
        return
    binding = _binding(session_id)
    approvals.decide(
        actor=admission.actor_of(binding),
        by=binding.user,
        approval=approval,
        approve=approve,
        reason=reason,
    )


def _use_approval(session_id: str, number: int, digest: str) -> bool:
    return approvals.use(actor=_actor(session_id), session_id=session_id, number=number, digest=digest)


def _actor(session_id: str) -> Actor:
    return admission.actor_of(_binding(session_id))


def _binding(session_id: str) -> SessionBinding:
    return SessionBinding.objects.select_related("user").get(pk=session_id)


def _policy(session_id: str) -> Policy:
    found = SessionBinding.objects.select_related("user", "role", "provider", "service_key")
    binding = found.get(pk=session_id)
    if binding.state == SessionBinding.State.ENDED:
        raise Refused(ended_by(binding))
    if bar := bar_on(binding):
        raise bar.refused()
    try:
        return compile.policy_for(binding.user, binding.role.name)
    except compile.NotInForce as error:
        raise Refused(EndReason.REVOKED) from error


def _barred(session_ids: Collection[str]) -> Mapping[str, EndReason]:
    return {session_id: bar.reason for session_id, bar in barred(session_ids).items()}


def _end(session_id: str, reason: EndReason, fields: Mapping[str, Any]) -> bool:
    binding = _binding(session_id)
    actor = admission.actor_of(binding)
    spending.settle(session_id=session_id, total=spending.settled_by(fields.get("usage") or {}))
    sessions.release(session_id=session_id)
    is_first = sessions.end_session(actor=actor, session_id=session_id, reason=reason, fields=fields)
    if not is_first:
        sessions.note_facts(session_id=session_id, facts=fields)
    return is_first


def _append(session_id: str, records: Sequence[Record]) -> None:
    binding = SessionBinding.objects.select_related("user", "role").get(pk=session_id) if session_id else None
    actor = admission.actor_of(binding) if binding else admission.STRANGER
    role = binding.role.name if binding else ""
    log.record_many(_fact(record, session_id, actor, role) for record in records)


def _fact(record: Record, session_id: str, actor: Actor, role: str) -> log.Fact:
    return log.Fact(
        verb=record.verb,
        actor=actor,
        subject=record.subject,
        session_id=session_id,
        role=role,
        outcome=record.outcome,
        rule=record.rule,
        reason=record.reason,
        policy_version=record.policy_version or None,
        fields=record.fields,
    )
