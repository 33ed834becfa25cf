"""Edits of rows on admin pages: the record, the new policy version and the nudge belong to the edit's
transaction."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Now

from audit import log
from audit.actors import Actor
from audit.diff import Change
from controlplane.models import User
from controlplane.models.retiring import Retirable
from controlplane.operations.policy import publish_policy


def subject_of(row: Model) -> str:
    """How records name a row: ``role:3``. One filter on it is the row's history."""
    return f"{row._meta.model_name}:{row.pk}"


@transaction.atomic
def record_edit(
    *,
    actor: Actor,
    row: Model,
    changes: Mapping[str, Change],
    created: bool = False,
    reason: str = "",
    source_ip: str = "",
) -> None:
    """Call inside the edit's transaction, after the row and all that hangs on it are saved.

    Raises what ``audit.log.record`` raises: the edit must then not be committed.
    """
    verb = "object.created" if created else "object.changed"
    record(verb, actor, row, changes, reason, source_ip)
    publish_policy(actor=actor, reason=_summary(verb, row, changes))


@transaction.atomic
def retire(*, actor: Actor, row: Retirable, reason: str, source_ip: str = "") -> bool:
    """Take the row out of use, for new sessions and running ones. False if it had been retired already."""
    model = type(row)
    if not model._default_manager.filter(pk=row.pk, retired_at=None).update(retired_at=Now()):
        return False
    row.refresh_from_db(fields=["retired_at"])
    changes = {"retired_at": {"before": None, "after": str(row.retired_at)}}
    record("object.retired", actor, row, changes, reason, source_ip)
    publish_policy(actor=actor, reason=_summary("object.retired", row, {}))
    return True


@transaction.atomic
def put_back(*, actor: Actor, row: Retirable, reason: str, source_ip: str = "") -> bool:
    """Take a retired row into use again. False if it was in use. Raises ValidationError where its place is
    taken."""
    retired_at, row.retired_at = row.retired_at, None
    row.validate_constraints()
    model = type(row)
    if not model._default_manager.filter(pk=row.pk, retired_at__isnull=False).update(retired_at=None):
        return False
    changes = {"retired_at": {"before": str(retired_at), "after": None}}
    record_edit(actor=actor, row=row, changes=changes, reason=reason, source_ip=source_ip)
    return True


@transaction.atomic
def enable_user(*, actor: Actor, user: User, reason: str, source_ip: str = "") -> bool:
    """Let a disabled user sign in again. What ended stays ended. False if the user was not disabled."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    user.refresh_from_db(fields=["is_active"])
    changes = {"is_active": {"before": False, "after": True}}
    record_edit(actor=actor, row=user, changes=changes, reason=reason, source_ip=source_ip)
    return True


def record(
    verb: str, actor: Actor, row: Model, changes: Mapping[str, Change], reason: str, source_ip: str
) -> None:
    """The record alone, for edits of many rows that are published as one. Call it in their transaction."""
    log.record(
        verb,
        actor=actor,
        subject=subject_of(row),
        reason=reason,
        source_ip=source_ip,
        fields={
            "model": str(row._meta.verbose_name),
            "object_id": str(row.pk),
            "label": str(row),
            "changes": changes,
        },
    )


def _summary(verb: str, row: Model, changes: Mapping[str, Change]) -> str:
    names = ", ".join(name.replace("_", " ") for name in changes)
    said = f"{row._meta.verbose_name} {row} {verb.partition('.')[2]}"
    return f"{said}: {names}" if names and verb == "object.changed" else said
