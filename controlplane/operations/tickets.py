"""Minting: who asks, as what, for which model; narrowed; bound; recorded; and only then a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from controlplane import compile, tickets
from controlplane.models import Provider, Role, ServiceKey, SessionBinding, User
from controlplane.operations import creation, logins, spending
from controlplane.operations.standing import bar_by_lock, bar_on_role
from guard.core.closing import EndReason
from guard.core.narrowing import Narrowed
from guard.core.policy import Policy
from guard.core.refusal import Refusal
from guard.core.session_config import narrow_session
from guard.ports import Refused

SHORTEST = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. ``role`` "" means the user's only one; ``session`` is validated (``parse_session``);
    ``seconds`` None means the role's ticket life. ``origin``, ``address`` and ``login`` (the digest of the
    sign-in) are known when the user's own browser asks."""

    user: User
    role: str = ""
    session: Mapping[str, Any] = field(default_factory=dict)
    seconds: int | None = None
    service_key: ServiceKey | None = None
    origin: str = ""
    address: str = ""
    login: bytes | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """``ticket`` is in clear here and nowhere else. ``policy`` is the one that narrowed the wish."""

    binding: SessionBinding
    policy: Policy
    ticket: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the wish comes down to. ``settings`` are the role's, from the policy in force."""

    role: Role
    provider: Provider
    settings: Mapping[str, Any]
    policy: Policy
    model: str
    narrowed: Narrowed


def mint(*, actor: Actor, wish: Wish) -> Issued:
    """Issue a ticket, recorded in the same transaction. Raises ``Refused``; recording that (``record_refusal``) is
    the caller's part, because it must outlive this transaction."""
    creation.count(user=wish.user, service_key=wish.service_key, address=wish.address)
    return _issue(actor, wish, _terms(wish, _role(wish)))


def record_refusal(*, actor: Actor, refused: Refused, wanted: Mapping[str, str], source_ip: str) -> None:
    """``wanted`` holds what was asked for, as far as it was understood: ``username``, ``requested_role``."""
    log.record(
        "mint.refused",
        actor=actor,
        role=wanted.get("requested_role", ""),
        outcome="refused",
        rule=refused.code or refused.reason.value,
        reason=refused.message,
        source_ip=source_ip,
        fields={"code": refused.code, "param": refused.param or "", **wanted},
    )


def _role(wish: Wish) -> Role:
    """The one named, else the only one. Guessing between several would be a decision that nobody took."""
    if not wish.user.is_active:
        raise Refused(EndReason.NOT_ALLOWED, "The user may not open sessions.", "user_not_allowed")
    roles = {role.name: role for role in wish.user.roles.filter(retired_at=None)}
    if not wish.role and len(roles) > 1:
        raise Refused(
            EndReason.BAD_FRAME,
            "The user has several roles; name one in the header Sallyport-Role.",
            "missing_required_parameter",
            "Sallyport-Role",
        )
    role = roles.get(wish.role) if wish.role else next(iter(roles.values()), None)
    if role is None or bar_on_role(wish.user, role):
        raise Refused(
            EndReason.NOT_ALLOWED, "The user does not have this role.", "role_not_allowed", "Sallyport-Role"
        )
    return role


def _terms(wish: Wish, role: Role) -> _Terms:
    try:
        snapshot = compile.in_force()
        settings = snapshot.role(role.name)
        provider = Provider.objects.get(name=snapshot.provider_of(settings), retired_at=None)
        policy = compile.policy_for(wish.user, role.name, snapshot)
    except (compile.NotInForce, Provider.DoesNotExist) as error:
        raise Refused(
            EndReason.NOT_ALLOWED, "The role is not available at the moment.", "role_not_available"
        ) from error
    if bar_by_lock(wish.user, role, provider.name):
        raise Refused(EndReason.LOCKED, "An administrator has locked this.", "locked")
    model = _model(wish.session, policy)
    if barred := spending.bar(policy, model, spending.day_for(wish.user, policy)):
        raise barred.refused()
    return _Terms(role, provider, settings, policy, model, _narrowed(wish.session, policy))


def _model(session: Mapping[str, Any], policy: Policy) -> str:
    if "model" in session and session["model"] not in policy.models:
        raise Refused(
            EndReason.NOT_ALLOWED,
            "The model does not exist or you do not have access to it.",
            "model_not_found",
            "session.model",
        )
    if not policy.models:
        raise Refused(EndReason.NOT_ALLOWED, "The role has no model.", "model_not_found", "session.model")
    return str(session.get("model") or policy.models[0])


def _narrowed(session: Mapping[str, Any], policy: Policy) -> Narrowed:
    try:
        return narrow_session(session, policy)
    except Refusal as refusal:
        raise Refused(EndReason.BAD_FRAME, refusal.message, refusal.code, refusal.param) from refusal


def _kept(session: Mapping[str, Any], terms: _Terms) -> dict[str, Any]:
    """What the binding keeps: the client's choice, without the policy's words: they may change until it connects."""
    kept = {key: value for key, value in terms.narrowed.value.items() if key != "instructions"}
    if terms.policy.accepts_client_instructions and session.get("instructions"):
        kept["instructions"] = session["instructions"]
    if "model" in session:
        kept["model"] = session["model"]
    return kept


def life_of(wish: Wish, settings: Mapping[str, Any]) -> int:
    """Seconds that a ticket lives; ``settings`` are the role's."""
    most: int = settings["ticket_seconds"]
    return most if wish.seconds is None else max(SHORTEST, min(wish.seconds, most))


@transaction.atomic
def _issue(actor: Actor, wish: Wish, terms: _Terms) -> Issued:
    ticket = tickets.new_ticket()
    binding = SessionBinding.objects.create(
        user=wish.user,
        role=terms.role,
        provider=terms.provider,
        service_key=wish.service_key,
        ticket_digest=tickets.digest(ticket),
        origin=wish.origin,
        ip_prefix=tickets.network_of(wish.address) if terms.settings["binds_address"] else "",
        model=terms.model,
        session=_kept(wish.session, terms),
        policy_version=terms.policy.version,
        created_at=Now(),
        login_digest=wish.login,
        start_by=logins.no_later(Now() + timedelta(seconds=life_of(wish, terms.settings)), wish.login),
    )
    binding.refresh_from_db(fields=["created_at", "start_by"])
    _record_issue(actor, binding, wish, terms)
    return Issued(binding, terms.policy, ticket)


def _record_issue(actor: Actor, binding: SessionBinding, wish: Wish, terms: _Terms) -> None:
    log.record(
        "ticket.issued",
        actor=actor,
        subject=str(binding.pk),
        session_id=str(binding.pk),
        role=terms.role.name,
        outcome="issued",
        policy_version=terms.policy.version,
        source_ip=wish.address,
        fields={
            "username": wish.user.username,
            "provider": terms.provider.name,
            "model": terms.model,
            "start_by": binding.start_by.isoformat(),
            "max_seconds": terms.policy.limits.max_seconds,
            "origin": binding.origin,
            "service_key": wish.service_key.name if wish.service_key else "",
            "narrowed": list(terms.narrowed.constrained),
        },
    )
