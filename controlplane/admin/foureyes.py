"""Nobody decides about himself: how the pages refuse it, and where they say so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit import actors
from controlplane.operations import selfservice
from controlplane.operations.selfservice import SelfService


class OwnEdit(SelfService):
    """Raised within the edit's transaction, so that nothing of it stays; recorded after it."""

    def __init__(self, row: Model, attempted: str, why: str) -> None:
        super().__init__(why)
        self.row, self.attempted = row, attempted


def forbid(request: HttpRequest, row: Model, fields: Collection[str], is_new: bool) -> None:
    """Raises ``OwnEdit``."""
    if why := selfservice.conflict(request.user, row, fields):
        raise OwnEdit(row, "add" if is_new else "change", why)


def refuse(site: AdminSite, request: HttpRequest, refusal: OwnEdit) -> HttpResponse:
    """The record, and the page that says why."""
    deny(request, refusal.row, refusal.attempted, str(refusal))
    context = site.each_context(request) | {"title": "Somebody else must do that", "why": str(refusal)}
    return TemplateResponse(request, "admin/controlplane/refused.html", context, status=403)


def deny(request: HttpRequest, row: Model, attempted: str, why: str) -> None:
    selfservice.deny_edit(
        actor=actors.of_user(request.user),
        row=row,
        attempted=attempted,
        why=why,
        source_ip=str(request.META.get("REMOTE_ADDR", "")),
    )


def notice(request: HttpRequest, row: Any) -> str:
    """What the page of ``row`` says before anybody edits in vain; "" for a row that this user may edit."""
    return selfservice.conflict(request.user, row, selfservice.OWN_FIELDS) if row is not None else ""
