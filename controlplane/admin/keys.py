from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.filters import DefaultedFilter
from controlplane.admin import confirmation
from controlplane.admin.addition import AddsByOperation
from controlplane.admin.base import actor_of, records_url
from controlplane.admin.words import BAD, GOOD, badge, count, stamp
from controlplane.models import ServiceKey
from controlplane.operations import keys


class ServiceKeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="Which application will use it, for example web shop.")


class StateFilter(DefaultedFilter):
    title = "state"
    parameter_name = "state"

    def default(self, request: HttpRequest) -> str:
        return "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Valid"), ("revoked", "Revoked"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.chosen in ("valid", "revoked"):
            return queryset.filter(revoked_at__isnull=self.chosen == "valid")
        return queryset


@admin.register(ServiceKey)
class ServiceKeyAdmin(AddsByOperation):
    list_display = ("name", "ends_in", "state", "created_by", "created", "last_used")
    list_filter = (StateFilter,)
    search_fields = ("name", "last4")
    search_help_text = "Part of the name, or the last four characters."
    fields = ("name", "ends_in", "state", "created_by", "created", "last_used", "revoked")
    readonly_fields = fields
    actions = ("revoke",)
    whole_list = "state=all"
    add_form = ServiceKeyForm
    add_note = "The key is shown once, on the next page. Only its SHA-256 is kept."
    add_button = "Create the key"

    def history_url(self, row: ServiceKey) -> str:
        return records_url(about="service_key", subject=str(row.pk))

    def offers(self, row: ServiceKey) -> tuple[str, ...]:
        return () if row.revoked_at else ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may_operate(request)

    def perform(self, request: HttpRequest, cleaned: dict[str, Any]) -> HttpResponse:
        key, secret = keys.create_service_key(actor=actor_of(request), name=cleaned["name"])
        context = self.admin_site.each_context(request) | {
            "title": f"Service key {key.name}",
            "key": key,
            "secret": secret,
            "opts": self.opts,
        }
        # Rendered here and now: through a redirect it would have to wait in a cookie or a session.
        shown = TemplateResponse(request, "admin/controlplane/servicekey/created.html", context)
        shown["Cache-Control"] = "no-store"
        return shown

    @admin.action(description="Revoke…", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ServiceKey]) -> HttpResponse | None:
        reason = confirmation.reason_given(request)
        if not reason:
            said = (
                "Applications that use them can get no more tickets, and tickets not used yet end. Running sessions "
                "go on. A revoked key cannot be brought back."
            )
            title = f"Revoke {count(queryset.count(), 'service key')}?"
            return confirmation.ask(
                self, request, queryset, confirmation.Question("revoke", title, said, "Yes, revoke")
            )
        revoked = sum(
            keys.revoke_service_key(actor=actor_of(request), key=key, reason=reason) for key in queryset
        )
        self.message_user(request, f"{count(revoked, 'service key')} revoked.", messages.SUCCESS)
        return None

    @admin.display(description="ends in", ordering="last4")
    def ends_in(self, row: ServiceKey) -> str:
        return f"…{row.last4}"

    @admin.display(description="state", ordering="revoked_at")
    def state(self, row: ServiceKey) -> str:
        return badge("revoked", BAD) if row.revoked_at else badge("valid", GOOD)

    @admin.display(description="created at", ordering="created_at")
    def created(self, row: ServiceKey) -> str:
        return stamp(row.created_at)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, row: ServiceKey) -> str:
        return stamp(row.last_used_at)

    @admin.display(description="revoked at")
    def revoked(self, row: ServiceKey) -> str:
        return stamp(row.revoked_at)
