"""Requests and answers in the official API's shapes, so that unmodified SDKs understand both."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from controlplane import callers, rates
from controlplane.operations.renewals import NotTheirs, record_denied
from controlplane.operations.tickets import record_refusal
from guard.core.closing import EndReason
from guard.core.frames import STRICT, Unreadable
from guard.ports import Refused
from guard.refusal import http_body, http_status, retry_after

log = logging.getLogger(__name__)
View = Callable[..., dict[str, Any]]
Recorder = Callable[[HttpRequest, Refused], None]


def official(view: View) -> Callable[..., JsonResponse]:
    """A POST endpoint. The view returns the body, or raises ``Refused``: that is recorded, then answered."""
    return functools.wraps(view)(endpoint(_record, POST=view))


def endpoint(record: Recorder, **views: View) -> Callable[..., JsonResponse]:
    """One address, a view for each method. What a view refuses goes through ``record`` before it is answered.

    Exempt from Django's own CSRF check, which would answer with a page; ``callers`` checks browsers instead.
    """
    allowed = ", ".join(views)

    @csrf_exempt
    def answer(request: HttpRequest, **path: Any) -> JsonResponse:
        view = views.get(request.method or "")
        if view is None:
            return error(405, "method_not_allowed", f"Use {allowed}, not {request.method}.", Allow=allowed)
        if rates.refusals.turns_away(request.META.get("REMOTE_ADDR", "")):
            return refusal(Refused(EndReason.RATE_LIMITED))
        try:
            return _answer_or_refuse(functools.partial(view, request, **path), record, request)
        except (DatabaseError, InterfaceError):
            log.exception("%s cannot be decided or recorded", request.path)
            return error(503, "service_unavailable", "The service cannot decide at the moment.")
        except Exception:
            log.exception("internal fault in %s", request.path)
            return error(500, "internal_error", "An internal fault occurred.")

    return answer


def _answer_or_refuse(
    view: Callable[[], dict[str, Any]], record: Recorder, request: HttpRequest
) -> JsonResponse:
    try:
        return _closed(JsonResponse(view()))
    except RequestDataTooBig:
        refused = Refused(EndReason.TOO_LARGE, "The body is too large.", "request_too_large")
    except Refused as raised:
        refused = raised
    record(request, refused)
    if refused.reason is EndReason.UNAUTHENTICATED:
        # Only strangers: an application's address speaks for all of its users.
        rates.refusals.add(request.META.get("REMOTE_ADDR", ""))
    return refusal(refused)


def _record(request: HttpRequest, refused: Refused) -> None:
    if isinstance(refused, NotTheirs):
        record_denied(
            actor=callers.actor_for(request),
            session_id=_session_asked_for(request),
            path=request.path,
            source_ip=request.META.get("REMOTE_ADDR", ""),
        )
        return
    if refused.reason is EndReason.REAUTHENTICATION:
        return  # it was recorded when the ticket was looked at
    record_refusal(
        actor=callers.actor_for(request),
        refused=refused,
        wanted={
            "username": request.headers.get(callers.USER_HEADER, "")[:150],
            "requested_role": request.headers.get(callers.ROLE_HEADER, "")[:64],
        },
        source_ip=request.META.get("REMOTE_ADDR", ""),
    )


def _session_asked_for(request: HttpRequest) -> str:
    in_path = request.resolver_match.kwargs.get("session_id") if request.resolver_match else None
    return str(in_path or request.headers.get(callers.SESSION_HEADER, ""))


def refusal(refused: Refused) -> JsonResponse:
    headers = retry_after(refused)
    return _closed(JsonResponse(http_body(refused), status=http_status(refused), headers=headers))


def error(status: int, code: str, message: str, **headers: str) -> JsonResponse:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return _closed(JsonResponse(body, status=status, headers=headers))


def read_body(request: HttpRequest, known: set[str]) -> Mapping[str, Any]:
    """The JSON object in the body, {} when there is none. Raises ``Refused``: what two parsers could read
    differently, and keys that nobody knows, are refused, not ignored."""
    if not request.body:
        return {}
    try:
        body = STRICT.read(request.body.decode())
    except UnicodeDecodeError:
        raise _bad("The body is not UTF-8.", "invalid_json") from None
    except Unreadable as fault:
        raise _bad(f"The body could not be read as JSON: {fault}.", "invalid_json") from None
    if not isinstance(body, dict):
        raise _bad("The body must be a JSON object.", "invalid_json")
    for key in body:
        if key not in known:
            raise unknown(key)
        _check_storable(body[key], key)
    return body


def unknown(key: str) -> Refused:
    name = _name(key)
    return _bad(f"Unknown parameter: '{name}'." if name else "Unknown parameter.", "unknown_parameter", name)


def _name(key: str) -> str | None:
    """A key of the client's that may be repeated to it and kept on record: a word, and no secret by its look."""
    secret = key.lower().startswith(("ek_", "sp_", "sk_"))
    return key if key.isidentifier() and len(key) <= 64 and not secret else None


def _check_storable(value: object, param: str) -> None:
    """U+0000 is a character of JSON and none of Postgres: the fault there would look like an outage."""
    if isinstance(value, str) and "\0" in value:
        raise invalid(param, "text without U+0000")
    if isinstance(value, list):
        for index, each in enumerate(value):
            _check_storable(each, f"{param}[{index}]")
    if isinstance(value, dict):
        for key, each in value.items():
            _check_storable(key, param)
            _check_storable(each, f"{param}.{name}" if (name := _name(key)) else param)


def read_seconds(expires_after: object, param: str = "expires_after") -> int | None:
    """``{"anchor": "created_at", "seconds": n}``. Raises ``Refused``."""
    if expires_after is None:
        return None
    if not isinstance(expires_after, dict) or not expires_after.keys() <= {"anchor", "seconds"}:
        raise invalid(param, "an object with 'anchor' and 'seconds'")
    if expires_after.get("anchor", "created_at") != "created_at":
        raise invalid(f"{param}.anchor", "'created_at'")
    seconds = expires_after.get("seconds")
    if seconds is not None and (not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1):
        raise invalid(f"{param}.seconds", "a positive whole number")
    return seconds


def invalid(param: str, expected: str) -> Refused:
    return _bad(f"Invalid value for '{param}': expected {expected}.", "invalid_value", param)


def _bad(message: str, code: str, param: str | None = None) -> Refused:
    return Refused(EndReason.BAD_FRAME, message, code, param)


def _closed(response: JsonResponse) -> JsonResponse:
    # A ticket in a shared cache would be somebody else's session.
    response["Cache-Control"] = "no-store"
    return response
