from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.filters import DefaultedFilter
from audit.reading import visible
from controlplane.admin import confirmation
from controlplane.admin.base import ReadOnlyAdmin, actor_of, link_to
from controlplane.admin.lookup import by_session_or_user
from controlplane.admin.words import BAD, CARE, GOOD, PLAIN, badge, count, span, stamp
from controlplane.models import Approval
from controlplane.models.approvals import PENDING_FIRST
from controlplane.operations import approvals

State = Approval.State
TONES = {"pending": CARE, "approved": GOOD, "denied": BAD, "expired": PLAIN, "used": GOOD}
IN_FULL = "admin/controlplane/approval/request.html"
APPROVE = confirmation.Question(
    "approve",
    "Approve {}?",
    "The call is made at once, once, with exactly these arguments.",
    "Yes, approve",
)
DENY = confirmation.Question(
    "deny",
    "Deny {}?",
    "The call is not made. The model is told so, and the conversation goes on.",
    "Yes, deny",
)


class StateFilter(DefaultedFilter):
    title = "state"
    parameter_name = "state"

    def default(self, request: HttpRequest) -> str:
        return "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All"), *((value, str(words).capitalize()) for value, words in State.choices)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        if self.chosen not in State.values:
            return queryset
        return queryset.filter(pk__in=Approval.objects.standing(self.chosen).values("pk"))


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """The queue. ``queue.js`` fetches it again every two seconds; without it, it is a list like the others."""

    change_list_template = "admin/controlplane/approval/change_list.html"
    list_display = ("what", "exact", "who", "role", "state_", "time_left", "session", "answer")
    list_filter = (StateFilter, "approver", "tool")
    list_select_related = ("user", "binding__role")
    search_fields = ("user__username",)
    search_help_text = "A user name, exactly, or a session id."
    fieldsets = (
        (None, {"fields": ("what", "exact", "who", "role", "session", "call_id")}),
        ("Decision", {"fields": ("state_", "approver_", "time_left", "decision", "reason_")}),
        ("Time", {"fields": ("requested", "expires", "policy")}),
    )
    actions = ("approve", "deny")
    whole_list = "state=all"

    class Media:
        # Django puts it into the head of the page: without `defer` it would look for a list that is not there yet.
        js = (Script("controlplane/queue.js", defer=True),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        rows = Approval.objects.judged()
        may = self.has_decide_permission(request)
        mine = Q(user=request.user.pk)
        answerable = (Q(approver="supervisor") & ~mine) if may else Q(pk=None)
        return rows.annotate(answerable=ExpressionWrapper(answerable, BooleanField()))

    def get_ordering(self, request: HttpRequest) -> Any:
        return PENDING_FIRST

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.fieldsets)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return by_session_or_user(queryset, search_term, "binding_id"), False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_decide_permission(request)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("controlplane.decide_approval")

    def offers(self, row: Any) -> tuple[str, ...]:
        return ("approve", "deny") if _waits(row) and row.answerable else ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and "answer" in request.POST:
            _choose_one(request)
        waiting = Approval.objects.standing(State.PENDING).count()
        said = "1 call waits" if waiting == 1 else f"{waiting or 'No'} calls wait"
        context = {"note": f"{said} for approval."}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.action(description="Approve…", permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Approval]) -> HttpResponse | None:
        return self._decide(request, queryset, APPROVE, "approved")

    @admin.action(description="Deny…", permissions=["decide"])
    def deny(self, request: HttpRequest, queryset: QuerySet[Approval]) -> HttpResponse | None:
        return self._decide(request, queryset, DENY, "denied")

    def _decide(
        self, request: HttpRequest, rows: QuerySet[Approval], asked: confirmation.Question, done: str
    ) -> HttpResponse | None:
        # Not "all that match": between the question and the answer others may come, and nobody has read them.
        if request.POST.get("select_across") == "1" or rows.count() > confirmation.SHOWN:
            said = f"Choose one by one, {confirmation.SHOWN} at most: each must be read."
            self.message_user(request, said, messages.ERROR)
            return None
        reason = confirmation.reason_given(request)
        if not reason:
            return confirmation.ask(self, request, rows, _question(asked, rows))
        decided = sum(self._decided(request, row, asked is APPROVE, reason) for row in rows)
        if decided:
            self.message_user(request, f"{count(decided, 'call')} {done}.", messages.SUCCESS)
        return None

    def _decided(self, request: Any, row: Approval, approve: bool, reason: str) -> bool:
        try:
            approvals.decide(
                actor=actor_of(request), by=request.user, approval=row, approve=approve, reason=reason
            )
        except approvals.NotDecided as refusal:
            self.message_user(request, f"{row}: {refusal.message}", messages.ERROR)
            return False
        return True

    @admin.display(description="tool")
    def what(self, row: Approval) -> str:
        return row.tool

    @admin.display(description="arguments")
    def exact(self, row: Approval) -> SafeString:
        return format_html('<pre class="arguments" tabindex="0">{}</pre>', readable(row.arguments))

    @admin.display(description="requester")
    def who(self, row: Approval) -> SafeString:
        return link_to(row.user)

    @admin.display(description="role")
    def role(self, row: Approval) -> str:
        return row.binding.role.name

    @admin.display(description="session")
    def session(self, row: Approval) -> SafeString:
        url = reverse("admin:controlplane_sessionbinding_change", args=[row.binding_id])
        return format_html('<a href="{}" title="{}">session</a>', url, row.binding_id)

    @admin.display(description="state")
    def state_(self, row: Any) -> SafeString:
        shown = badge(str(State(row.stands).label), TONES[row.stands])
        return format_html("{} by {}", shown, row.decided_by) if row.decided_by else shown

    @admin.display(description="time left")
    def time_left(self, row: Any) -> SafeString | str:
        if row.stands not in (State.PENDING, State.APPROVED):
            return "over"
        return format_html('<span class="nowrap">{}</span>', span(row.time_left.total_seconds()))

    @admin.display(description="answer", empty_value="")
    def answer(self, row: Any) -> SafeString | str:
        if not _waits(row):
            return ""
        if row.approver == Approval.Kind.USER:
            return "the user confirms"
        if not row.answerable:
            return "somebody else decides"
        button = '<button type="submit" name="answer" value="{}:{}" class="button answer-{}">{}</button>'
        yes = format_html(button, "approve", row.pk, "approve", "Approve…")
        return format_html("{} {}", yes, format_html(button, "deny", row.pk, "deny", "Deny…"))

    @admin.display(description="who decides")
    def approver_(self, row: Approval) -> str:
        return str(Approval.Kind(row.approver).label)

    @admin.display(description="decision")
    def decision(self, row: Approval) -> str | SafeString:
        if not row.decided_at:
            return "not decided"
        return format_html("{} by {}", stamp(row.decided_at), row.decided_by)

    @admin.display(description="reason")
    def reason_(self, row: Approval) -> str:
        return visible(row.reason) or "none"

    @admin.display(description="requested at")
    def requested(self, row: Approval) -> str | SafeString:
        return stamp(row.requested_at)

    @admin.display(description="expires at")
    def expires(self, row: Approval) -> str | SafeString:
        return stamp(row.expires_at)

    @admin.display(description="policy")
    def policy(self, row: Approval) -> str:
        return f"v{row.policy_version}"


def readable(arguments: str) -> str:
    """Indented without being read: a parser could change a number. Characters that hide or reorder text are spelled
    out, because they would make somebody approve what he does not see."""
    with suppress(msgspec.DecodeError):
        arguments = msgspec.json.format(arguments, indent=2)
    return visible(arguments)


def _waits(row: Any) -> bool:
    return bool(row.stands == State.PENDING)


def _choose_one(request: HttpRequest) -> None:
    """A row's own button: as if its box alone were ticked and the action chosen."""
    action, _, pk = request.POST["answer"].partition(":")
    chosen = request.POST.copy()
    chosen["action"], chosen["select_across"] = action, "0"
    chosen.setlist(ACTION_CHECKBOX_NAME, [pk])
    chosen.pop("answer")
    chosen.pop("index", None)
    request.POST = chosen  # type: ignore[assignment]


def _question(asked: confirmation.Question, rows: QuerySet[Approval]) -> confirmation.Question:
    details = [_in_full(row) for row in rows]
    title = asked.title.format(count(len(details), "call"))
    return replace(asked, title=title, details=details, template=IN_FULL)


def _in_full(row: Any) -> dict[str, Any]:
    left = span(row.time_left.total_seconds())
    return {"row": row, "arguments": readable(row.arguments), "left": left}
