"""Redeeming a ticket: once, in time, by whom and from where it was meant for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import compile, tickets
from controlplane.models import SessionBinding
from controlplane.operations import places
from controlplane.operations.standing import bar_on
from guard.core.closing import EndReason
from guard.core.policy import Policy
from guard.ports import Handshake, Refused

STRANGER = Actor("session", "", "unknown client")
State = SessionBinding.State


@dataclass(frozen=True, slots=True)
class Admitted:
    """``seconds_left`` to the end-by, judged by the database's clock."""

    binding: SessionBinding
    policy: Policy
    model: str
    seconds_left: float


def redeem(*, handshake: Handshake, node: UUID | None = None) -> Admitted:
    """Let the bearer of the ticket in, to run in the process ``node``. Who acts is whom the ticket was issued to.

    Raises ``Refused`` with the refusal recorded: the caller must commit, not roll back, when it sees one.
    """
    binding = _bound(handshake)
    policy = _policy(binding, handshake)
    model = _model(binding, policy, handshake)
    if cap := places.full(binding):
        raise _without_place(binding, handshake, cap)
    if admitted := _start(binding, policy, model, handshake, node):
        return admitted
    binding.refresh_from_db(fields=["state", "started_at"])
    raise _used(binding, handshake)


def actor_of(binding: SessionBinding) -> Actor:
    return Actor("session", str(binding.pk), binding.user.username)


def _bound(handshake: Handshake) -> SessionBinding:
    """The pending binding of this ticket, fit for this client."""
    if handshake.origin is not None and handshake.origin not in settings.ALLOWED_ORIGINS:
        # Before the ticket: a hostile page learns nothing about the ticket it tries.
        raise _refused(handshake, "session.refused", "origin", EndReason.NOT_ALLOWED)
    found = SessionBinding.objects.select_related("user", "role", "provider")
    binding = (
        found.filter(ticket_digest=tickets.digest(handshake.ticket)).first() if handshake.ticket else None
    )
    if binding is None:
        raise _refused(handshake, "ticket.refused", "unknown_ticket" if handshake.ticket else "no_ticket")
    if binding.state != State.PENDING:
        raise _used(binding, handshake)
    if binding.origin and handshake.origin != binding.origin:
        raise _refused(handshake, "ticket.refused", "origin_mismatch", binding=binding)
    if binding.ip_prefix and tickets.network_of(handshake.ip) != binding.ip_prefix:
        raise _refused(handshake, "ticket.refused", "network_mismatch", binding=binding)
    if bar := bar_on(binding):
        raise _refused(handshake, "session.refused", bar.rule, bar.reason, binding=binding)
    return binding


def _policy(binding: SessionBinding, handshake: Handshake) -> Policy:
    try:
        return compile.policy_for(binding.user, binding.role.name)
    except compile.NotInForce as error:
        raise _refused(
            handshake, "session.refused", "not_in_force", EndReason.REVOKED, binding=binding
        ) from error


def _model(binding: SessionBinding, policy: Policy, handshake: Handshake) -> str:
    """The bound one. If the mint named none, the client may pick one of the policy's now."""
    asked = handshake.model or binding.model
    bound = {binding.model} if "model" in binding.session else set(policy.models)
    if asked in bound and asked in policy.models:
        return asked
    raise _refused(
        handshake,
        "session.refused",
        "model_not_found",
        EndReason.NOT_ALLOWED,
        binding=binding,
        told=("The model does not exist or you do not have access to it.", "model_not_found", "model"),
    )


@transaction.atomic
def _start(
    binding: SessionBinding, policy: Policy, model: str, handshake: Handshake, node: UUID | None
) -> Admitted | None:
    """One UPDATE decides, by Postgres' clock: of any number of clients with one ticket exactly one sees a row (T4),
    whatever the clocks of the web hosts say (T8). None for all others."""
    won = SessionBinding.objects.filter(pk=binding.pk, state=State.PENDING, start_by__gt=Now()).update(
        state=State.ACTIVE,
        started_at=Now(),
        node=node,
        end_by=Now() + timedelta(seconds=policy.limits.max_seconds),
        model=model,
    )
    if not won:
        return None
    left = ExpressionWrapper(F("end_by") - Now(), output_field=DurationField())
    found = SessionBinding.objects.select_related("user", "role", "provider").annotate(left=left)
    started = found.get(pk=binding.pk)
    _record("session.started", handshake, started, policy=policy)
    return Admitted(started, policy, model, started.left.total_seconds())


def _without_place(binding: SessionBinding, handshake: Handshake, cap: str) -> Refused:
    """Perhaps the place went to somebody with this very ticket."""
    binding.refresh_from_db(fields=["state", "started_at"])
    if binding.state != State.PENDING:
        return _used(binding, handshake)
    return _refused(handshake, "session.refused", cap, EndReason.RATE_LIMITED, binding=binding)


def _used(binding: SessionBinding, handshake: Handshake) -> Refused:
    """Somebody else has had this ticket, or nobody in time. Only the record tells the two apart."""
    verb = "ticket.replayed" if binding.started_at else "ticket.expired"
    return _refused(handshake, verb, verb.partition(".")[2], binding=binding)


def _refused(
    handshake: Handshake,
    verb: str,
    rule: str,
    reason: EndReason = EndReason.UNAUTHENTICATED,
    *,
    binding: SessionBinding | None = None,
    told: tuple[str, str, str] = ("", "", ""),
) -> Refused:
    """Record the refusal and build it. What the client is told does not depend on the rule."""
    _record(verb, handshake, binding, rule=rule)
    message, code, param = told
    return Refused(reason, message, code, param or None)


def _record(
    verb: str,
    handshake: Handshake,
    binding: SessionBinding | None,
    *,
    rule: str = "",
    policy: Policy | None = None,
) -> None:
    fields = {"origin": handshake.origin or "", "user_agent": handshake.user_agent}
    if binding:
        fields |= {
            "username": binding.user.username,
            "provider": binding.provider.name,
            "model": binding.model,
        }
    if policy and binding:
        fields["node"] = str(binding.node_id or "")
    log.record(
        verb,
        actor=actor_of(binding) if binding else STRANGER,
        subject=str(binding.pk) if binding else "",
        session_id=str(binding.pk) if binding else "",
        role=binding.role.name if binding else "",
        outcome="refused" if rule else "started",
        rule=rule,
        policy_version=policy.version if policy else None,
        source_ip=handshake.ip,
        fields=fields,
    )
