from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from audit.filters import DefaultedFilter
from controlplane.admin import confirmation
from controlplane.admin.addition import AddsByOperation
from controlplane.admin.base import actor_of, records_url
from controlplane.admin.counting import concerned as number_of
from controlplane.admin.words import BAD, PLAIN, badge, count, stamp
from controlplane.models import Lock, SessionBinding
from controlplane.operations import locks
from controlplane.operations.locks import SecondPerson

TYPED = "EVERYTHING"


class LockForm(forms.Form):
    kind = forms.ChoiceField(choices=Lock.Kind.choices, help_text="What to lock.")
    target = forms.CharField(
        max_length=150,
        required=False,
        help_text="Username, name of the role, tool or provider, or session id. Empty for everything.",
    )
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text="Goes into the audit record.",
    )


class ConfirmForm(LockForm):
    """The same once more, out of sight, after it was said whom it concerns. Everything is locked by nobody who did not
    mean to."""

    apply = forms.CharField(widget=forms.HiddenInput)
    typed = forms.CharField(required=False, label="Type EVERYTHING", help_text="In capitals, to be sure.")

    def __init__(self, *given: Any, everything: bool, **named: Any) -> None:
        super().__init__(*given, **named)
        for name in ("kind", "target", "reason"):
            self.fields[name].widget = forms.HiddenInput()
        if not everything:
            del self.fields["typed"]

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if typed != TYPED:
            raise forms.ValidationError(f"Type {TYPED} to lock everything.")
        return typed


class HoldsFilter(DefaultedFilter):
    title = "state"
    parameter_name = "state"

    def default(self, request: HttpRequest) -> str:
        return "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("holds", "Holds"), ("lifted", "Lifted"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.chosen in ("holds", "lifted"):
            return queryset.filter(lifted_at__isnull=self.chosen == "holds")
        return queryset


@admin.register(Lock)
class LockAdmin(AddsByOperation):
    list_display = ("what", "state", "reason", "created_by", "raised", "lifted")
    list_filter = (HoldsFilter, "kind")
    search_fields = ("target__exact", "reason", "created_by")
    search_help_text = "The exact target, or part of the reason or of who raised it."
    fields = ("what", "state", "reason", "created_by", "raised", "lifted")
    readonly_fields = fields
    actions = ("lift",)
    whole_list = "state=all"
    add_form = LockForm
    add_note = (
        "New sessions are refused and running ones end within seconds. A locked tool ends no session: its calls are "
        "denied. Nothing is deleted; lifting the lock restores everything but the sessions that ended."
    )
    add_button = "Go on"

    def history_url(self, row: Lock) -> str:
        return records_url(about="lock", subject=str(row))

    def offers(self, row: Lock) -> tuple[str, ...]:
        return () if row.lifted_at else ("lift",)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return self.may_operate(request)

    def perform(self, request: HttpRequest, cleaned: dict[str, Any]) -> HttpResponse:
        """Asks first: whom it concerns is often more than one thinks."""
        everything = cleaned["kind"] == Lock.Kind.EVERYTHING
        concerned = locks.concerned(cleaned["kind"], cleaned["target"])
        form = ConfirmForm(
            confirmation.given(request), everything=everything, initial={**cleaned, "apply": "1"}
        )
        if not form.is_valid():
            return self._ask(request, form, _consequence(cleaned["kind"], concerned))
        lock = locks.raise_lock(actor=actor_of(request), **cleaned)
        self.message_user(request, f"Locked: {lock}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:controlplane_lock_changelist"))

    def _ask(self, request: HttpRequest, form: ConfirmForm, consequence: str) -> HttpResponse:
        what = Lock(kind=form["kind"].value(), target=form["target"].value() or "")
        context = self.admin_site.each_context(request) | {
            "title": f"Lock {what}?",
            "form": form,
            "opts": self.opts,
            "note": consequence,
            "button": "Yes, lock",
        }
        return TemplateResponse(request, "admin/controlplane/add.html", context)

    @admin.action(description="Lift…", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Lock]) -> HttpResponse | None:
        reason = confirmation.reason_given(request)
        if not reason:
            said = "New sessions are let in again. What ended stays ended."
            title = f"Lift {count(queryset.count(), 'lock')}?"
            return confirmation.ask(
                self, request, queryset, confirmation.Question("lift", title, said, "Yes, lift")
            )
        lifted = 0
        for lock in queryset:
            try:
                lifted += locks.lift_lock(actor=actor_of(request), lock=lock, reason=reason)
            except SecondPerson as alone:
                self.message_user(request, str(alone), messages.ERROR)
        self.message_user(request, f"{count(lifted, 'lock')} lifted.", messages.SUCCESS)
        return None

    @admin.display(description="what", ordering="kind")
    def what(self, row: Lock) -> str:
        return str(row)

    @admin.display(description="state", ordering="lifted_at")
    def state(self, row: Lock) -> str:
        return badge("lifted", PLAIN) if row.lifted_at else badge("holds", BAD)

    @admin.display(description="raised at", ordering="created_at")
    def raised(self, row: Lock) -> str:
        return stamp(row.created_at)

    @admin.display(description="lifted")
    def lifted(self, row: Lock) -> str:
        return format_html("{} by {}", stamp(row.lifted_at), row.lifted_by) if row.lifted_at else "not yet"


def _consequence(kind: str, concerned: QuerySet[SessionBinding]) -> str:
    if kind == Lock.Kind.TOOL:
        return (
            f"Nobody can call it any more; calls that wait for their result are answered. Concerned: "
            f"{number_of(concerned)}, whose role may call it. None of them ends."
        )
    return f"What ends now: {number_of(concerned)}. New ones are refused until the lock is lifted."
