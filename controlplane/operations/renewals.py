"""Fresh tickets for a session that runs: asked for by whom it belongs to, shown once, in time, for this session."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import compile, tickets
from controlplane.models import SessionBinding
from controlplane.operations import creation, doorbell, logins
from controlplane.operations.standing import bar_on
from controlplane.operations.tickets import Issued, Wish, life_of
from guard.core.closing import EndReason
from guard.core.limits import Renewal
from guard.core.policy import Policy
from guard.ports import Refused

State = SessionBinding.State


class NotTheirs(Refused):
    """Somebody else's session, or none at all: whoever asks does not learn which."""

    def __init__(self) -> None:
        super().__init__(EndReason.NOT_ALLOWED, "There is no such session.", "not_found")


def own_session(wish: Wish, session_id: str) -> SessionBinding:
    """The running session of this user, asked for by this application or under this sign-in. Raises ``NotTheirs``,
    after the same one query whatever the reason is."""
    binding = (
        SessionBinding.objects.select_related("user", "role", "provider", "service_key")
        .filter(pk=_id(session_id), user=wish.user, service_key=wish.service_key, login_digest=wish.login)
        .filter(state=State.ACTIVE, end_by__gt=Now())
        .first()
    )
    if binding is None or wish.role not in ("", binding.role.name):
        raise NotTheirs
    return binding


def issue(*, actor: Actor, wish: Wish, session_id: str) -> Issued:
    """A ticket for the session that runs; the one before it is void. Raises ``Refused``, as ``tickets.mint`` does."""
    creation.count(user=wish.user, service_key=wish.service_key, address=wish.address)
    binding = own_session(wish, session_id)
    if bar := bar_on(binding):
        raise bar.refused()
    return _issue(actor, wish, binding, policy_of(binding))


def redeem(*, session_id: str, ticket: str, elsewhere: str | None = None) -> Renewal | None:
    """Whoever shows the ticket goes on. None: the role asks for no other one. ``elsewhere`` is the address of an
    application that shows it for the client.

    Raises ``Refused`` with the refusal recorded: the caller must commit, not roll back, when it sees one.
    """
    found = SessionBinding.objects.select_related("user", "role", "provider", "service_key")
    binding = found.get(pk=session_id)
    if (bar := bar_on(binding)) is None and _shown(binding, ticket, elsewhere):
        return current(session_id)
    _record(binding, "ticket.refused", elsewhere, rule=bar.rule if bar else _fault(binding, ticket))
    message = "The ticket is unknown, used, expired or for another session."
    raise Refused(EndReason.REAUTHENTICATION, message, "invalid_api_key", "ticket")


def current(session_id: str) -> Renewal | None:
    """Until when a fresh ticket must have been shown, by the database's clock."""
    left = ExpressionWrapper(F("reauthenticate_by") - Now(), output_field=DurationField())
    rows = SessionBinding.objects.filter(pk=session_id, reauthenticate_by__isnull=False)
    found = rows.values_list("reauthenticate_by", left).first()
    return Renewal(found[0].timestamp(), found[1].total_seconds()) if found else None


def due(policy: Policy) -> Any:
    """For ``SessionBinding.reauthenticate_by``, counted from now: with the time that the client has for it."""
    limits = policy.limits
    if limits.reauthenticate_seconds is None:
        return None
    return Now() + timedelta(seconds=limits.reauthenticate_seconds + limits.grace_seconds)


def policy_of(binding: SessionBinding) -> Policy:
    """Raises ``Refused``."""
    try:
        return compile.policy_for(binding.user, binding.role.name)
    except compile.NotInForce as error:
        raise Refused(EndReason.REVOKED, "The role is not available.", "role_not_available") from error


def record_denied(*, actor: Actor, session_id: str, path: str, source_ip: str) -> None:
    """Somebody asked for a session that is not theirs."""
    log.record(
        "access.denied",
        actor=actor,
        subject=f"session:{session_id[:64]}",
        outcome="refused",
        rule="not_theirs",
        source_ip=source_ip,
        fields={"path": path, "method": "POST", "code": "not_found"},
    )


def _id(session_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(session_id)
    except ValueError:  # asked for all the same: the time that it takes tells nothing
        return uuid.uuid4()


def _life(wish: Wish, binding: SessionBinding) -> int:
    return life_of(wish, compile.in_force().role(binding.role.name))


@transaction.atomic
def _issue(actor: Actor, wish: Wish, binding: SessionBinding, policy: Policy) -> Issued:
    ticket = tickets.new_ticket()
    start_by = logins.no_later(Now() + timedelta(seconds=_life(wish, binding)), wish.login)
    won = SessionBinding.objects.filter(pk=binding.pk, state=State.ACTIVE).update(
        renewal_digest=tickets.digest(ticket), renewal_start_by=start_by
    )
    if not won:
        raise NotTheirs
    binding.refresh_from_db(fields=["renewal_start_by"])
    _record(binding, "ticket.issued", wish.address, actor=actor, policy=policy)
    return Issued(binding, policy, ticket)


@transaction.atomic
def _shown(binding: SessionBinding, ticket: str, elsewhere: str | None) -> bool:
    """One UPDATE decides, by Postgres' clock: of any number who show one ticket exactly one sees a row."""
    if binding.login_digest and logins.expiry(binding.login_digest) is None:
        return False
    policy = policy_of(binding)
    won = consume(binding, ticket, reauthenticate_by=due(policy))
    if won:
        binding.refresh_from_db(fields=["reauthenticate_by"])
        _record(binding, "session.reauthenticated", elsewhere, policy=policy)
        if elsewhere is not None:
            doorbell.ring()
    return won


def consume(binding: SessionBinding, ticket: str, **changes: Any) -> bool:
    """Use the ticket up. False: it is not the newest one of this session, or used, or late."""
    fresh = Q(renewal_digest=tickets.digest(ticket), renewal_start_by__gt=Now())
    running = SessionBinding.objects.filter(fresh, pk=binding.pk, state=State.ACTIVE, end_by__gt=Now())
    return bool(running.update(renewal_digest=None, renewal_start_by=None, **changes))


def _fault(binding: SessionBinding, ticket: str) -> str:
    """For the record only."""
    digest = tickets.digest(ticket)
    named = Q(ticket_digest=digest) | Q(renewal_digest=digest)
    other = SessionBinding.objects.filter(named).first()
    if other is None:
        return "unknown_ticket"
    if other.pk != binding.pk:
        return "other_session"
    return "replayed" if other.ticket_digest == digest else "expired"


def _record(
    binding: SessionBinding,
    verb: str,
    address: str | None,
    *,
    actor: Actor | None = None,
    rule: str = "",
    policy: Policy | None = None,
) -> None:
    log.record(
        verb,
        actor=actor or Actor("session", str(binding.pk), binding.user.username),
        subject=str(binding.pk),
        session_id=str(binding.pk),
        role=binding.role.name,
        outcome="refused" if rule else verb.partition(".")[2],
        rule=rule,
        policy_version=policy.version if policy else None,
        source_ip=address or "",
        fields=_facts(binding, verb),
    )


def _facts(binding: SessionBinding, verb: str) -> Mapping[str, Any]:
    known = {"username": binding.user.username, "provider": binding.provider.name, "model": binding.model}
    if verb == "ticket.issued":
        key = binding.service_key.name if binding.service_key else ""
        return {**known, "start_by": _moment(binding.renewal_start_by), "service_key": key}
    if verb == "session.reauthenticated":
        return {**known, "reauthenticate_by": _moment(binding.reauthenticate_by)}
    return known


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
