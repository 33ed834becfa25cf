"""Who calls the REST API: an application with its service key, or a user's own signed-in browser."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware

from audit.actors import Actor, of_user
from controlplane import tickets
from controlplane.models import ServiceKey, User
from controlplane.operations.keys import actor_of, key_for
from guard.core.closing import EndReason
from guard.ports import Refused

USER_HEADER = "Sallyport-User"
ROLE_HEADER = "Sallyport-Role"
SESSION_HEADER = "Sallyport-Session"
STRANGER = Actor("user", "", "anonymous")


@dataclass(frozen=True, slots=True)
class Caller:
    """``service_key`` is None when the user's own browser calls; only then ``origin`` and ``address`` are the
    user's, and ``login`` is the digest of the sign-in."""

    actor: Actor
    user: User
    role: str
    service_key: ServiceKey | None = None
    origin: str = ""
    address: str = ""
    login: bytes | None = None


def login_of(request: HttpRequest) -> bytes | None:
    """The digest that names the browser's sign-in; None when there is none."""
    key = request.session.session_key
    return tickets.digest(key) if key else None


def actor_for(request: HttpRequest) -> Actor:
    """Whoever has proven to be somebody, for the record of a refusal."""
    if key := _service_key(request):
        return actor_of(key)
    if "Authorization" not in request.headers and request.user.is_authenticated:
        return of_user(request.user)
    return STRANGER


def caller_of(request: HttpRequest) -> Caller:
    """Raises ``Refused``. A key that is offered decides alone: no falling back to the cookie beside it."""
    if "Authorization" in request.headers:
        return _application(request)
    if not request.user.is_authenticated:
        raise Refused(
            EndReason.UNAUTHENTICATED, "Send a service key: Authorization: Bearer sp_….", "invalid_api_key"
        )
    return _browser(request, request.user)


def _service_key(request: HttpRequest) -> ServiceKey | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return key_for(secret.strip()) if scheme.lower() == "bearer" else None


def application_of(request: HttpRequest) -> ServiceKey:
    """The application itself, in nobody's name. Raises ``Refused``."""
    key = _service_key(request)
    if key is None:
        raise Refused(EndReason.UNAUTHENTICATED, "Incorrect service key provided.", "invalid_api_key")
    return key


def _application(request: HttpRequest) -> Caller:
    key = application_of(request)
    name = request.headers.get(USER_HEADER, "")
    if not name:
        raise Refused(
            EndReason.BAD_FRAME,
            f"Name the user in the header {USER_HEADER}.",
            "missing_required_parameter",
            USER_HEADER,
        )
    # Postgres takes no U+0000, and a fault there would look like an outage.
    user = User.objects.filter(username=name, is_active=True).first() if name.isprintable() else None
    if user is None:
        raise Refused(EndReason.NOT_ALLOWED, "There is no such user.", "user_not_allowed", USER_HEADER)
    return Caller(actor_of(key), user, request.headers.get(ROLE_HEADER, ""), key)


def _browser(request: HttpRequest, user: User) -> Caller:
    if _Csrf.fault(request):
        raise Refused(EndReason.NOT_ALLOWED, "The CSRF token is missing or wrong.", "csrf_failed")
    if request.headers.get(USER_HEADER, user.username) != user.username:
        raise Refused(
            EndReason.NOT_ALLOWED, "You can only ask for yourself.", "user_not_allowed", USER_HEADER
        )
    origin = request.headers.get("Origin", "")
    return Caller(
        of_user(user),
        user,
        request.headers.get(ROLE_HEADER, ""),
        origin=origin if origin in settings.ALLOWED_ORIGINS else "",
        address=request.META.get("REMOTE_ADDR", ""),
        login=login_of(request),
    )


class _Csrf(CsrfViewMiddleware):
    """Django's own check, asked for an answer instead of a page: with a service key there is nothing to
    forge."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason

    @classmethod
    def fault(cls, request: HttpRequest) -> object:
        # Only the header counts. Looking for the form's field would parse a body that is no form: whatever a browser
        # can be made to send would be a fault there, without an answer of ours and without a record.
        request.POST = QueryDict()
        check = cls(lambda _: HttpResponse())
        check.process_request(request)
        return check.process_view(request, lambda _: HttpResponse(), (), {})
