"""Pages that tell whoever saved a row what the edit may have widened by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest

from controlplane import cautions
from controlplane.admin.base import Admin
from controlplane.document import GRANT_FIELDS, PROVIDER_FIELDS, TOOL_FIELDS
from controlplane.models import Provider, Role, ToolGrant
from controlplane.models.bounds import BUDGETS

Shape = Mapping[str, Any]


class Cautious(Admin):
    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        """Sentences about the rows that have just been saved."""
        raise NotImplementedError

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in self.cautions_of(form, formsets, not change):
            self.message_user(request, f"Is this what you want? {sentence}.", messages.WARNING)


def of_grant(form: Any, is_new: bool) -> list[str]:
    grant: ToolGrant = form.instance
    before = None if is_new else before_edit(form, GRANT_FIELDS)
    tool = shape_of(grant.tool, TOOL_FIELDS)
    return cautions.of_grant(grant.role.name, grant.tool.name, before, shape_of(grant, GRANT_FIELDS), tool)


def of_costs(*, role: str = "", provider: str = "") -> list[str]:
    """Of the rows as they are now: those that concern this role, or the roles of this provider."""
    roles = {
        row.name: {
            **shape_of(row, (*BUDGETS, "model_names")),
            "provider": row.provider.name if row.provider else "",
        }
        for row in Role.objects.filter(retired_at=None).select_related("provider")
    }
    rows = Provider.objects.filter(retired_at=None)
    providers = {row.name: shape_of(row, PROVIDER_FIELDS) for row in rows}
    if role:
        roles = {name: shape for name, shape in roles.items() if name == role}
    elif not getattr(rows.filter(name=provider).first(), "is_default", False):
        roles = {name: shape for name, shape in roles.items() if shape["provider"] == provider}
    return cautions.of_costs(roles, providers)


def before_edit(form: forms.ModelForm, names: tuple[str, ...]) -> Shape:
    edited = {name: form.initial.get(name) for name in form.changed_data if name in names}
    return {**shape_of(form.instance, names), **edited}


def shape_of(row: Model, names: tuple[str, ...]) -> Shape:
    return {name: getattr(row, name) for name in names}
