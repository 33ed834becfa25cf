"""Who is let in. Everything that is not a clear yes from the control plane is a refusal."""

from __future__ import annotations

import logging

from guard.client import Scope
from guard.core.closing import EndReason
from guard.core.commands import Record
from guard.draining import stopping
from guard.handshake import address_of, peer, read_handshake
from guard.ports import Admission, AuditLog, ControlPlane, Refusals, Refused, Unavailable
from guard.refusal import OUR_FAULT, error_code

log = logging.getLogger(__name__)


class Gate:
    def __init__(self, control: ControlPlane, audit: AuditLog, refusals: Refusals) -> None:
        self._control = control
        self._audit = audit
        self._refusals = refusals

    async def admit(self, scope: Scope) -> Admission:
        """Redeem the ticket in the request. Raises ``Refused``, which is on record already, and nothing else."""
        address = address_of(scope)
        if await self._refusals.turns_away(address):
            raise Refused(EndReason.RATE_LIMITED)
        try:
            return await self._admit(scope)
        except Refused as refused:
            if refused.reason not in OUR_FAULT:
                await self._refusals.add(address)
            raise

    async def _admit(self, scope: Scope) -> Admission:
        try:
            if stopping.is_set():
                # Before anything is used up: the same ticket opens the session in another process.
                raise Refused(EndReason.DRAINING)
            handshake = read_handshake(scope)
        except Refused as refused:
            await self._record(scope, refused)
            raise
        try:
            return await self._control.admit(handshake)
        except Refused:
            raise
        except Unavailable as failure:
            log.error("nobody can be admitted: %s", failure)
            raise Refused(EndReason.AUDIT_UNAVAILABLE, "The service cannot decide at the moment.") from None
        except Exception:
            log.exception("internal fault at admission")
            raise Refused(EndReason.INTERNAL) from None

    async def _record(self, scope: Scope, refused: Refused) -> None:
        """The control plane records what it refuses; this is for requests that it never sees."""
        origin, user_agent = peer(scope)
        fields = {
            "code": error_code(refused),
            "param": refused.param,
            "origin": origin,
            "user_agent": user_agent,
        }
        record = Record(
            "session.refused",
            outcome="refused",
            rule=error_code(refused),
            reason=refused.message,
            fields=fields,
        )
        try:
            await self._audit.append("", [record])
        except Unavailable as failure:
            log.error("a refusal at the door is not on record: %s", failure)
