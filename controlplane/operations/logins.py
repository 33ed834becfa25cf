"""What hangs on a sign-in or a password: it ends with it, and never lasts longer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as Login
from django.db import transaction
from django.db.models import BinaryField, F, Func, QuerySet, Value
from django.db.models.functions import Least, Now
from django.http import parse_cookie

from audit import log
from audit.actors import Actor
from controlplane.models import SessionBinding, User
from controlplane.operations.rows import subject_of
from controlplane.operations.sessions import end_session
from guard.core.closing import EndReason
from guard.ports import Refused


def expiry(login: bytes | memoryview) -> datetime | None:
    """When the sign-in with this digest (``SessionBinding.login_digest``) ends by itself; None: it is over.

    Call it in the transaction that relies on the answer: until its commit nobody signs out.
    """
    # The very expression of the index in migration 0010, or every look would read the whole table.
    digest = Func(F("session_key"), template="sha256((%(expressions)s)::bytea)", output_field=BinaryField())
    found = Login.objects.select_for_update(no_key=True).annotate(digest=digest)
    return found.filter(digest=login, expire_date__gt=Now()).values_list("expire_date", flat=True).first()


def no_later(moment: Any, login: bytes | memoryview | None) -> Any:
    """``moment``, or the end of the sign-in if that is earlier. Raises ``Refused``."""
    if login is None:
        return moment
    end = expiry(login)
    if end is None:
        raise Refused(EndReason.REVOKED, "The sign-in is over.", "signed_out")
    return Least(moment, Value(end))


def signed_in(cookies: str) -> int | None:
    """Whose browser it is that sent these cookies, None when it is nobody's or no browser."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    user = SessionStore(key).get(SESSION_KEY) if key.isalnum() else None
    return int(user) if user else None


@transaction.atomic
def end_sessions_of(*, actor: Actor, login: bytes) -> int:
    """Somebody signs out: what was asked for under this sign-in ends. Returns how much."""
    return _end(actor, SessionBinding.objects.filter(login_digest=login), "signed_out")


@transaction.atomic
def password_changed(*, actor: Actor, user: User) -> int:
    """Called wherever a password is saved (``User.save``): every session, ticket and other sign-in is over."""
    User.objects.filter(pk=user.pk).update(not_before=Now())
    ended = _end(actor, user.bindings.all(), "password_changed")
    log.record(
        "user.password_changed",
        actor=actor,
        subject=subject_of(user),
        fields={"username": user.username, "sessions_ended": ended},
    )
    user.refresh_from_db(fields=["not_before"])
    return ended


def _end(actor: Actor, chosen: QuerySet[SessionBinding], rule: str) -> int:
    # Always in the same order: two who end the same sessions must not wait for each other.
    ids = list(chosen.exclude(state=SessionBinding.State.ENDED).order_by("pk").values_list("pk", flat=True))
    return sum(end_session(actor=actor, session_id=pk, reason=EndReason.REVOKED, rule=rule) for pk in ids)
