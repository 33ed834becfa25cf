from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from audit.filters import DefaultedFilter
from controlplane.admin import confirmation
from controlplane.admin.addition import AddsByOperation
from controlplane.admin.base import actor_of, link_to, records_url
from controlplane.admin.counting import concerned
from controlplane.admin.words import BAD, CARE, GOOD, badge, count, stamp
from controlplane.models import ServiceKey, SessionBinding
from controlplane.operations import keys


class ServiceKeyForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="Which application will use it, for example web shop.")


class RotationForm(confirmation.ReasonForm):
    """``overlap`` in whole hours: long enough to bring the new key to every place, and not much longer."""

    overlap = forms.IntegerField(
        label="Old key works for",
        min_value=0,
        max_value=int(keys.LONGEST_OVERLAP.total_seconds()) // 3600,
        initial=24,
        help_text="Hours, 168 at most. 0: it is refused at once, as it should be when it has leaked.",
    )
    ends_sessions = forms.BooleanField(
        label="End its sessions",
        required=False,
        help_text="Else what runs goes on, and only the key is another one.",
    )


class StateFilter(DefaultedFilter):
    title = "state"
    parameter_name = "state"

    def default(self, request: HttpRequest) -> str:
        return "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("valid", "Valid"), ("revoked", "Revoked or expired"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        expired = Q(expires_at__lte=Now())
        if self.chosen == "valid":
            return queryset.filter(revoked_at=None).exclude(expired)
        return queryset.filter(~Q(revoked_at=None) | expired) if self.chosen == "revoked" else queryset


@admin.register(ServiceKey)
class ServiceKeyAdmin(AddsByOperation):
    list_display = ("name", "ends_in", "state", "created_by", "created", "last_used")
    list_filter = (StateFilter,)
    search_fields = ("name", "last4")
    search_help_text = "Part of the name, or the last four characters."
    fields = (
        "name",
        "ends_in",
        "state",
        "created_by",
        "created",
        "last_used",
        "replaces_",
        "expires",
        "revoked",
    )
    readonly_fields = fields
    actions = ("rotate", "revoke")
    whole_list = "state=all"
    add_form = ServiceKeyForm
    add_note = "The key is shown once, on the next page. Only its SHA-256 is kept."
    add_button = "Create the key"

    def history_url(self, row: ServiceKey) -> str:
        return records_url(about="service_key", subject=str(row.pk))

    def offers(self, row: ServiceKey) -> tuple[str, ...]:
        if row.revoked_at:
            return ()
        return ("revoke",) if row.expires_at else ("rotate", "revoke")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may_operate(request)

    def perform(self, request: HttpRequest, cleaned: dict[str, Any]) -> HttpResponse:
        return self._show(request, *keys.create_service_key(actor=actor_of(request), name=cleaned["name"]))

    def _show(self, request: HttpRequest, key: ServiceKey, secret: str) -> HttpResponse:
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
                "Applications that use them can get no more tickets. What ends now: "
                f"{concerned(_sessions_of(queryset))}. A revoked key cannot be brought back."
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

    @admin.action(description="Replace…", permissions=["revoke"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ServiceKey]) -> HttpResponse | None:
        if queryset.count() != 1:
            self.message_user(
                request, "Replace one key at a time: the new one is shown once.", messages.ERROR
            )
            return None
        key, form = queryset.get(), RotationForm(confirmation.given(request))
        if not form.is_valid():
            said = f"A new key is made and shown once. With the old one run: {concerned(_sessions_of(queryset))}."
            question = confirmation.Question("rotate", f"Replace {key}?", said, "Yes, replace", form=form)
            return confirmation.ask(self, request, queryset, question)
        return self._rotated(request, key, form.cleaned_data)

    def _rotated(self, request: HttpRequest, key: ServiceKey, cleaned: dict[str, Any]) -> HttpResponse | None:
        overlap = timedelta(hours=cleaned.pop("overlap"))
        try:
            made = keys.rotate_service_key(actor=actor_of(request), key=key, overlap=overlap, **cleaned)
        except keys.NotReplaceable as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        return self._show(request, *made)

    @admin.display(description="ends in", ordering="last4")
    def ends_in(self, row: ServiceKey) -> str:
        return f"…{row.last4}"

    @admin.display(description="state", ordering="revoked_at")
    def state(self, row: ServiceKey) -> str:
        if row.revoked_at:
            return badge("revoked", BAD)
        if row.expires_at is None:
            return badge("valid", GOOD)
        return badge("expired", BAD) if row.expires_at <= timezone.now() else badge("replaced", CARE)

    @admin.display(description="created at", ordering="created_at")
    def created(self, row: ServiceKey) -> str:
        return stamp(row.created_at)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, row: ServiceKey) -> str:
        return stamp(row.last_used_at)

    @admin.display(description="replaces")
    def replaces_(self, row: ServiceKey) -> str:
        return link_to(row.replaces) if row.replaces else "no other"

    @admin.display(description="refused from")
    def expires(self, row: ServiceKey) -> str:
        return stamp(row.expires_at, never="it does not expire")

    @admin.display(description="revoked at")
    def revoked(self, row: ServiceKey) -> str:
        return stamp(row.revoked_at)


def _sessions_of(rows: QuerySet[ServiceKey]) -> QuerySet[SessionBinding]:
    return SessionBinding.objects.filter(service_key__in=rows)
