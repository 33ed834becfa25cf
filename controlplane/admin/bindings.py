from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.filters import DefaultedFilter
from controlplane.admin import confirmation, use
from controlplane.admin.base import ReadOnlyAdmin, actor_of, link_to
from controlplane.admin.counting import calls, concerned
from controlplane.admin.lookup import by_session_or_user
from controlplane.admin.words import BAD, CARE, GOOD, PLAIN, badge, count, pre, span, stamp
from controlplane.models import SessionBinding
from controlplane.operations import revocation
from guard.core.closing import EndReason

TONES = {"pending": CARE, "active": GOOD, "ended": PLAIN}
EXPECTED = {EndReason.CLIENT_LEFT, EndReason.EXPIRED, EndReason.IDLE, EndReason.DRAINING}


class StateFilter(DefaultedFilter):
    """Opens on what is going on now."""

    title = "state"
    parameter_name = "state"

    def default(self, request: HttpRequest) -> str:
        # Somebody who searches for a session wants to find it, over or not.
        return "all" if request.GET.get("q") else "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((value, str(words).capitalize()) for value, words in SessionBinding.State.choices),
            ("all", "All"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.chosen) if self.chosen in SessionBinding.State.values else queryset


@admin.register(SessionBinding)
class SessionBindingAdmin(ReadOnlyAdmin):
    list_display = (
        "who",
        "role",
        "state_",
        "started",
        "time_left",
        "why_it_ended",
        "tool_calls",
        "timeline",
    )
    list_filter = (StateFilter, "role", "provider", "end_reason")
    list_select_related = ("user", "role", "provider", "service_key", "node")
    search_fields = ("user__username",)
    search_help_text = "A user name, exactly, or a session id."
    ordering = ("-created_at",)
    # Named one by one: the digest of the ticket is not among them.
    fieldsets = (
        (None, {"fields": ("session_id", "user_", "role_", "state_", "timeline")}),
        (
            "Time",
            {"fields": ("created", "start_by_", "started", "end_by_", "time_left", "ended", "released")},
        ),
        ("End", {"fields": ("why_it_ended",)}),
        ("Tool calls", {"fields": ("tool_calls",)}),
        ("Where", {"fields": ("provider_", "model_", "process", "asked_by", "origin_", "network", "policy")}),
        ("Budgets", {"fields": ("used", "used_today")}),
        ("Configuration", {"fields": ("configuration", "usage_")}),
    )
    actions = ("end_sessions",)
    whole_list = "state=all"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SessionBinding]:
        found = super().get_queryset(request).defer("ticket_digest")
        return found.annotate(
            calls_allowed=calls(("allow", "constrain")), calls_denied=calls(("deny", "require_approval"))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.fieldsets)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return by_session_or_user(queryset, search_term, "pk"), False

    def history_url(self, row: SessionBinding) -> str:
        return reverse("admin:audit_record_timeline", args=[row.pk])

    def offers(self, row: SessionBinding) -> tuple[str, ...]:
        return () if row.state == SessionBinding.State.ENDED else ("end_sessions",)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self.may_operate(request)

    @admin.action(description="End session…", permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[SessionBinding]) -> HttpResponse | None:
        reason = confirmation.reason_given(request)
        if not reason:
            said = (
                f"What ends now: {concerned(queryset)}. Their connections close within a second. This cannot be "
                "undone."
            )
            title = f"End {count(queryset.count(), 'session')}?"
            question = confirmation.Question("end_sessions", title, said, "Yes, end")
            return confirmation.ask(self, request, queryset, question)
        chosen = SessionBinding.objects.filter(pk__in=[row.pk for row in queryset])
        ended = revocation.end_sessions(actor=actor_of(request), chosen=chosen, reason=reason)
        self.message_user(request, f"{count(ended, 'session')} ended.", messages.SUCCESS)
        return None

    @admin.display(description="user", ordering="user__username")
    def who(self, row: SessionBinding) -> str:
        return row.user.username

    @admin.display(description="session")
    def session_id(self, row: SessionBinding) -> str:
        return str(row.pk)

    @admin.display(description="user")
    def user_(self, row: SessionBinding) -> SafeString:
        return link_to(row.user)

    @admin.display(description="role")
    def role_(self, row: SessionBinding) -> SafeString:
        return link_to(row.role)

    @admin.display(description="provider")
    def provider_(self, row: SessionBinding) -> SafeString:
        return link_to(row.provider)

    @admin.display(description="model")
    def model_(self, row: SessionBinding) -> str:
        return row.model

    @admin.display(description="state", ordering="state")
    def state_(self, row: SessionBinding) -> SafeString:
        return badge(row.get_state_display(), TONES[row.state])

    @admin.display(description="started", ordering="started_at")
    def started(self, row: SessionBinding) -> str:
        return stamp(row.started_at, never="not started")

    @admin.display(description="time left", ordering="end_by")
    def time_left(self, row: SessionBinding) -> str:
        if row.state == SessionBinding.State.PENDING:
            return f"{span((row.start_by - timezone.now()).total_seconds())} to start"
        if row.state == SessionBinding.State.ENDED or row.end_by is None:
            return "over"
        return span((row.end_by - timezone.now()).total_seconds())

    @admin.display(description="end reason", ordering="end_reason")
    def why_it_ended(self, row: SessionBinding) -> str | SafeString:
        if not row.end_reason:
            return "not ended"
        tone = PLAIN if EndReason(row.end_reason) in EXPECTED else BAD
        return badge(row.get_end_reason_display(), tone)

    @admin.display(description="tool calls")
    def tool_calls(self, row: Any) -> SafeString:
        allowed = max(row.calls_allowed, row.tools_allowed)
        denied = max(row.calls_denied, row.tools_denied)
        shown = badge(f"{denied} denied", BAD) if denied else "0 denied"
        return format_html(
            '<span class="nowrap">{} allowed</span> <span class="nowrap">{}</span>', allowed, shown
        )

    @admin.display(description="records")
    def timeline(self, row: SessionBinding) -> SafeString:
        url = reverse("admin:audit_record_timeline", args=[row.pk])
        return format_html('<a href="{}">timeline</a>', url)

    @admin.display(description="ticket issued")
    def created(self, row: SessionBinding) -> str:
        return stamp(row.created_at)

    @admin.display(description="ticket void from")
    def start_by_(self, row: SessionBinding) -> str:
        return stamp(row.start_by)

    @admin.display(description="ends by")
    def end_by_(self, row: SessionBinding) -> str:
        return stamp(row.end_by, never="not started")

    @admin.display(description="ended")
    def ended(self, row: SessionBinding) -> str:
        return stamp(row.ended_at, never="not ended")

    @admin.display(description="connections closed")
    def released(self, row: SessionBinding) -> str:
        return stamp(row.released_at, never="not that we know")

    @admin.display(description="process")
    def process(self, row: SessionBinding) -> str | SafeString:
        return format_html("{}, last seen {}", row.node, stamp(row.node.seen_at)) if row.node else "none"

    @admin.display(description="ticket asked for by")
    def asked_by(self, row: SessionBinding) -> str:
        return f"service key {row.service_key}" if row.service_key else "the user, signed in"

    @admin.display(description="origin")
    def origin_(self, row: SessionBinding) -> str:
        return row.origin or "any allowed one"

    @admin.display(description="network")
    def network(self, row: SessionBinding) -> str:
        return row.ip_prefix or "any"

    @admin.display(description="policy when issued")
    def policy(self, row: SessionBinding) -> str:
        return f"v{row.policy_version}"

    @admin.display(description="what the client asked for")
    def configuration(self, row: SessionBinding) -> str | SafeString:
        return pre(row.session) if row.session else "nothing"

    @admin.display(description="used, as the session last told")
    def used(self, row: SessionBinding) -> SafeString:
        return use.of_session(row)

    @admin.display(description="used by the user today (UTC)")
    def used_today(self, row: SessionBinding) -> SafeString:
        return use.of_today(row.user, [row.role])

    @admin.display(description="usage")
    def usage_(self, row: SessionBinding) -> str | SafeString:
        return pre(row.usage) if row.usage else "not reported"
