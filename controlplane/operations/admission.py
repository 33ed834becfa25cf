"""Redeeming a ticket: once, in time, by whom and from where it was meant for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import compile, tickets
from controlplane.models import SessionBinding
from controlplane.operations import logins, places, renewals, spending, successions
from controlplane.operations.standing import bar_on
from controlplane.operations.successions import Succession
from guard.core.budget import DayUse
from guard.core.closing import EndReason
from guard.core.limits import Renewal
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
    renewal: Renewal | None = None
    day: DayUse | None = None


def redeem(*, handshake: Handshake, node: UUID | None = None) -> Admitted | Succession:
    """Let the bearer of the ticket in, or let him wait for the end of the session that he replaces (``succeed``). Who
    acts is whom the ticket was issued to. ``node`` is the process that runs the session.

    Raises ``Refused`` with the refusal recorded: the caller must commit, not roll back, when it sees one.
    """
    binding = _bound(handshake)
    policy, role = _in_force(binding, handshake)
    model = _model(binding, policy, handshake)
    if binding.state == State.ACTIVE:
        return _second(binding, handshake, role)
    end_by = _end_by(binding, policy, handshake, _day(binding, policy, model, handshake))
    if cap := places.full(binding, role):
        raise _without_place(binding, handshake, cap)
    if admitted := _start(binding, policy, model, handshake, end_by, node):
        return admitted
    binding.refresh_from_db(fields=["state", "started_at"])
    raise _used(binding, handshake)


def succeed(*, succession: Succession, handshake: Handshake, node: UUID | None = None) -> Admitted | None:
    """Let him in who waits, for what is left of the time and the budgets of the session before. None: not yet.
    Raises as ``redeem``."""
    first = successions.predecessor(succession)
    if first is None:
        return None
    found = SessionBinding.objects.select_related("user", "role", "provider", "service_key")
    binding = found.get(pk=succession.successor)
    if bar := bar_on(binding):
        raise _refused(handshake, "session.refused", bar.rule, bar.reason, binding=binding)
    policy, _ = _in_force(binding, handshake)
    _day(binding, policy, binding.model, handshake)
    end_by, carried = Value(first.end_by), spending.to_carry(first)
    if admitted := _start(binding, policy, binding.model, handshake, end_by, node, carried):
        return admitted
    raise _refused(handshake, "session.refused", "ended_meanwhile", EndReason.REVOKED, binding=binding)


def give_up(*, succession: Succession, handshake: Handshake) -> NoReturn:
    """The process of the session before does not let go of its sockets: nobody goes on. Raises as ``redeem``."""
    binding = SessionBinding.objects.select_related("user", "role", "provider").get(pk=succession.successor)
    successions.give_up(actor=actor_of(binding), succession=succession)
    raise _refused(handshake, "session.duplicate", "not_released", EndReason.DUPLICATE, binding=binding)


def _second(binding: SessionBinding, handshake: Handshake, role: Mapping[str, Any]) -> Succession:
    """The ticket is a fresh one of a session that has a connection."""
    ticket = handshake.ticket or ""
    if not SessionBinding.objects.filter(pk=binding.pk, renewal_start_by__gt=Now()).exists():
        raise _refused(handshake, "ticket.expired", "expired", binding=binding)
    if role["second_connection"] == "refuse":
        raise _refused(handshake, "session.duplicate", "refuse", EndReason.DUPLICATE, binding=binding)
    succession = successions.replace(actor=actor_of(binding), first=binding, ticket=ticket)
    if succession is None:
        raise _refused(handshake, "ticket.replayed", "replayed", binding=binding)
    successor = {"successor": str(succession.successor)}
    _record("session.duplicate", handshake, binding, outcome="replaced", fields=successor)
    return succession


def actor_of(binding: SessionBinding) -> Actor:
    return Actor("session", str(binding.pk), binding.user.username)


def _bound(handshake: Handshake) -> SessionBinding:
    """The pending binding of this ticket, or the active one that it is a fresh ticket of; fit for this client."""
    if handshake.origin is not None and handshake.origin not in settings.ALLOWED_ORIGINS:
        # Before the ticket: a hostile page learns nothing about the ticket it tries.
        raise _refused(handshake, "session.refused", "origin", EndReason.NOT_ALLOWED)
    binding = _of_ticket(handshake.ticket)
    if binding is None:
        raise _refused(handshake, "ticket.refused", "unknown_ticket" if handshake.ticket else "no_ticket")
    if binding.state != (State.ACTIVE if _is_fresh(binding, handshake) else State.PENDING):
        raise _used(binding, handshake)
    if binding.origin and handshake.origin != binding.origin:
        raise _refused(handshake, "ticket.refused", "origin_mismatch", binding=binding)
    if binding.ip_prefix and tickets.network_of(handshake.ip) != binding.ip_prefix:
        raise _refused(handshake, "ticket.refused", "network_mismatch", binding=binding)
    if logins.signed_in(handshake.cookies) not in (None, binding.user_id):
        raise _refused(handshake, "ticket.refused", "user_mismatch", binding=binding)
    if bar := bar_on(binding):
        raise _refused(handshake, "session.refused", bar.rule, bar.reason, binding=binding)
    return binding


def _of_ticket(ticket: str | None) -> SessionBinding | None:
    if not ticket:
        return None
    digest = tickets.digest(ticket)
    found = SessionBinding.objects.select_related("user", "role", "provider", "service_key")
    return found.filter(Q(ticket_digest=digest) | Q(renewal_digest=digest)).first()


def _is_fresh(binding: SessionBinding, handshake: Handshake) -> bool:
    """Asked for while the session was running already."""
    return binding.renewal_digest == tickets.digest(handshake.ticket or "")


def _in_force(binding: SessionBinding, handshake: Handshake) -> tuple[Policy, Mapping[str, Any]]:
    """The policy, and the role as the same version of it has it."""
    name = binding.role.name
    try:
        snapshot = compile.in_force()
        return compile.policy_for(binding.user, name, snapshot), snapshot.role(name)
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


def _day(binding: SessionBinding, policy: Policy, model: str, handshake: Handshake) -> DayUse | None:
    """What the user has used today, where a budget asks for it, and something is left."""
    day = spending.day_for(binding.user, policy)
    if barred := spending.bar(policy, model, day):
        told = (barred.message, "", "")
        raise _refused(handshake, "session.refused", barred.rule, barred.reason, binding=binding, told=told)
    return day


def _end_by(binding: SessionBinding, policy: Policy, handshake: Handshake, day: DayUse | None) -> Any:
    longest = timedelta(seconds=spending.longest(policy, day))
    try:
        return logins.no_later(Now() + longest, binding.login_digest)
    except Refused as refused:
        raise _refused(
            handshake, "session.refused", refused.code, refused.reason, binding=binding
        ) from refused


@transaction.atomic
def _start(
    binding: SessionBinding,
    policy: Policy,
    model: str,
    handshake: Handshake,
    end_by: Any,
    node: UUID | None,
    carried: Mapping[str, Any] | None = None,
) -> Admitted | None:
    """One UPDATE decides, by Postgres' clock: of any number of clients with one ticket exactly one sees a row (T4),
    whatever the clocks of the web hosts say (T8). None for all others."""
    won = SessionBinding.objects.filter(pk=binding.pk, state=State.PENDING, start_by__gt=Now()).update(
        state=State.ACTIVE,
        started_at=Now(),
        node=node,
        end_by=end_by,
        reauthenticate_by=renewals.due(policy),
        model=model,
        carried=carried or {},
    )
    if not won:
        return None
    # From the start, not from now, a statement later: a budget of time is used up at the end-by, not just before it.
    left = ExpressionWrapper(F("end_by") - F("started_at"), output_field=DurationField())
    found = SessionBinding.objects.select_related("user", "role", "provider").annotate(left=left)
    started = found.get(pk=binding.pk)
    _record("session.started", handshake, started, policy=policy)
    renewal, day = renewals.current(str(started.pk)), spending.day_for(started.user, policy)
    return Admitted(started, policy, model, started.left.total_seconds(), renewal, day)


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
    outcome: str = "",
    policy: Policy | None = None,
    fields: Mapping[str, str] | None = None,
) -> None:
    fields = {"origin": handshake.origin or "", "user_agent": handshake.user_agent, **(fields or {})}
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
        outcome=outcome or ("refused" if rule else "started"),
        rule=rule,
        policy_version=policy.version if policy else None,
        source_ip=handshake.ip,
        fields=fields,
    )
