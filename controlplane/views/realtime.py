"""``/v1/realtime``: the official endpoints, served here and never passed on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from controlplane import beta, callers
from controlplane.callers import Caller, caller_of
from controlplane.operations import renewals
from controlplane.operations.tickets import Issued, Wish, mint
from controlplane.views.official import error, invalid, official, read_body, read_seconds
from guard.core.client_events import parse_session
from guard.core.closing import EndReason
from guard.core.refusal import Refusal
from guard.core.session_config import client_view, opening
from guard.draining import stopping
from guard.ports import Refused


@official
def client_secrets(request: HttpRequest) -> dict[str, Any]:
    """``POST /v1/realtime/client_secrets``: a ticket of ours, never a secret of the provider."""
    caller = caller_of(request)
    body = read_body(request, {"session", "expires_after"})
    seconds = read_seconds(body.get("expires_after"))
    running = request.headers.get(callers.SESSION_HEADER)
    if running is None:
        issued = _mint(caller, _session(body.get("session", {})), seconds)
    else:
        issued = _renew(caller, running, body.get("session", {}), seconds)
    return {
        "value": issued.ticket,
        "expires_at": _expires_at(issued),
        "session": _effective(issued),
    }


@official
def beta_sessions(request: HttpRequest) -> dict[str, Any]:
    """``POST /v1/realtime/sessions``: the same in the retired beta shape."""
    caller = caller_of(request)
    if callers.SESSION_HEADER in request.headers:
        raise invalid(callers.SESSION_HEADER, "nothing here: use /v1/realtime/client_secrets")
    body = read_body(request, beta.KEYS)
    secret = body.get("client_secret", {})
    if not isinstance(secret, dict) or not secret.keys() <= {"expires_after"}:
        raise invalid("client_secret", "an object with 'expires_after'")
    seconds = read_seconds(secret.get("expires_after"), "client_secret.expires_after")
    issued = _mint(caller, _session(beta.to_current(body)), seconds)
    ticket = {"value": issued.ticket, "expires_at": _expires_at(issued)}
    return {**beta.to_beta(_effective(issued)), "client_secret": ticket}


@official
def calls(request: HttpRequest) -> dict[str, Any]:
    """``POST /v1/realtime/calls``: on WebRTC the browser talks to the provider directly, past every decision."""
    caller_of(request)
    raise Refused(
        EndReason.NOT_ALLOWED,
        "WebRTC goes past Sallyport: nothing would be redacted or decided. Connect by websocket.",
        "webrtc_not_guarded",
    )


@csrf_exempt
def upgrade_required(request: HttpRequest) -> JsonResponse:
    """``/v1/realtime`` without a websocket handshake."""
    return error(426, "upgrade_required", "Connect to this address by websocket.", Upgrade="websocket")


@csrf_exempt
def not_found(request: HttpRequest) -> JsonResponse:
    return error(404, "unknown_url", f"Invalid URL ({request.method} {request.path}).")


def wish_of(caller: Caller, session: dict[str, Any] | None = None, seconds: int | None = None) -> Wish:
    return Wish(
        caller.user,
        caller.role,
        session or {},
        seconds,
        caller.service_key,
        caller.origin,
        caller.address,
        caller.login,
    )


def _mint(caller: Caller, session: dict[str, Any], seconds: int | None) -> Issued:
    if stopping.is_set():
        raise Refused(EndReason.DRAINING)
    return mint(actor=caller.actor, wish=wish_of(caller, session, seconds))


def _renew(caller: Caller, running: str, session: object, seconds: int | None) -> Issued:
    """A ticket for a session that runs, whose configuration is what it is."""
    if session not in ({}, {"type": "realtime"}):
        raise invalid("session", "nothing, because the session runs already")
    return renewals.issue(actor=caller.actor, wish=wish_of(caller, seconds=seconds), session_id=running)


def _session(given: object) -> dict[str, Any]:
    """Raises ``Refused``. The type may be missing only as part of an empty object."""
    if given == {}:
        return {}
    try:
        return parse_session(given)
    except Refusal as refusal:
        raise Refused(EndReason.BAD_FRAME, refusal.message, refusal.code, refusal.param) from refusal


def _expires_at(issued: Issued) -> int:
    """Of the ticket: of a fresh one, if the session runs already."""
    return int((issued.binding.renewal_start_by or issued.binding.start_by).timestamp())


def _effective(issued: Issued) -> dict[str, Any]:
    """The session as it will be, without the policy's own words."""
    binding, policy = issued.binding, issued.policy
    view = client_view(opening(policy, binding.model, binding.session), policy)
    return {
        **view,
        "id": str(binding.pk),
        "object": "realtime.session",
        "type": "realtime",
        "model": binding.model,
        "expires_at": int(binding.end_by.timestamp())
        if binding.end_by
        else _expires_at(issued) + int(policy.limits.max_seconds),
    }
