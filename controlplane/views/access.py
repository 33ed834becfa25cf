"""Who asks about sessions and locks, what he may see of them, and the record of what he may not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from audit import log
from audit.actors import Actor
from controlplane import callers
from controlplane.models import ServiceKey, User
from controlplane.operations import reasons
from controlplane.operations.keys import actor_of
from controlplane.operations.reasons import BadReason
from controlplane.views.official import invalid
from guard.core.closing import EndReason
from guard.ports import Refused

VIEW, ADD, CHANGE = "view", "add", "change"
_OFFENCES = (EndReason.NOT_ALLOWED, EndReason.UNAUTHENTICATED)


@dataclass(frozen=True, slots=True)
class Viewer:
    """An application acts for itself here, so it has a key and no ``user``; a person has a ``user`` and no key."""

    actor: Actor
    user: User | None = None
    service_key: ServiceKey | None = None

    def may(self, permission: str, model: type[Model]) -> bool:
        """For staff. A service key in a superuser's name is still a service key."""
        named = f"{model._meta.app_label}.{permission}_{model._meta.model_name}"
        return self.user is not None and self.user.is_staff and self.user.has_perm(named)


def viewer_of(request: HttpRequest) -> Viewer:
    """Raises ``Refused``."""
    if "Authorization" in request.headers:
        key = callers.application_of(request)
        return Viewer(actor_of(key), service_key=key)
    caller = callers.caller_of(request)
    return Viewer(caller.actor, user=caller.user)


def reason_in(body: Mapping[str, Any]) -> str:
    """Raises ``Refused``."""
    try:
        return reasons.given(text_in(body, "reason"))
    except BadReason as bad:
        _, _, rule = str(bad).partition(": ")
        raise Refused(
            EndReason.BAD_FRAME, f"Invalid value for 'reason': {rule}.", "invalid_value", "reason"
        ) from bad


def text_in(body: Mapping[str, Any], key: str) -> str:
    """Raises ``Refused``."""
    value = body.get(key)
    if value is None:
        said = f"Missing required parameter: '{key}'."
        raise Refused(EndReason.BAD_FRAME, said, "missing_required_parameter", key)
    if not isinstance(value, str):
        raise invalid(key, "text")
    return value


def record(request: HttpRequest, refused: Refused) -> None:
    """Whoever asks for what is not his, or is nobody: the same record whether there is such a thing or not."""
    if refused.reason in _OFFENCES and refused.code != "second_person_required":  # that one is on record
        log.record(
            "access.denied",
            actor=callers.actor_for(request),
            subject=request.path[:200],
            outcome="refused",
            rule=refused.code,
            source_ip=request.META.get("REMOTE_ADDR", ""),
            fields={"path": request.path[:200], "method": request.method, "code": refused.code},
        )
