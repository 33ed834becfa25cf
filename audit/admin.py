"""Reading the records. Nobody can add, change or delete one here, and every look is itself recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html

from audit import actors, log, reading
from audit.fieldfilters import ModeFilter, PatternFilter, ShadowFilter, ToolFilter
from audit.filters import AreaFilter, OutcomeFilter, PeriodFilter, RoleFilter, VerbFilter
from audit.models import Record
from audit.outcomes import tone
from audit.paginator import BoundedPaginator
from audit.sentences import sentence

if TYPE_CHECKING:
    RecordPages = admin.ModelAdmin[Record]
else:
    RecordPages = admin.ModelAdmin

TIMELINE_ROWS = 500
NONE = format_html('<span class="quiet">{}</span>', "none")


@admin.register(Record)
class RecordAdmin(RecordPages):
    list_display = ("when", "what_happened", "outcome_badge", "rule_", "policy_version_", "session")
    list_display_links = ("when",)
    list_filter = (
        PeriodFilter,
        AreaFilter,
        VerbFilter,
        OutcomeFilter,
        RoleFilter,
        ToolFilter,
        ShadowFilter,
        PatternFilter,
        ModeFilter,
    )
    date_hierarchy = "occurred_at"
    # Exact: an index answers each of them; a substring search would read every record ever written.
    search_fields = ("session_id__exact", "actor_label__exact", "actor_id__exact", "subject__exact")
    search_help_text = "A session id, a user name, a call id or another subject, exactly as recorded."
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    actions = None
    ordering = ("-occurred_at", "-id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        timeline = self.admin_site.admin_view(self.timeline_view)
        return [
            path("session/<str:session_id>/", timeline, name="audit_record_timeline"),
            *super().get_urls(),
        ]

    @admin.display(description="time", ordering="occurred_at")
    def when(self, row: Record) -> str:
        day, time = f"{row.occurred_at:%Y-%m-%d %H:%M:%S}".split(" ")
        return format_html('<span class="nowrap">{}</span> <span class="nowrap">{} UTC</span>', day, time)

    @admin.display(description="what happened")
    def what_happened(self, row: Record) -> str:
        return reading.visible(sentence(row))

    @admin.display(description="outcome")
    def outcome_badge(self, row: Record) -> str:
        return badge(row.outcome)

    @admin.display(description="rule")
    def rule_(self, row: Record) -> str:
        return reading.visible(row.rule) or NONE

    @admin.display(description="policy")
    def policy_version_(self, row: Record) -> str:
        return f"v{row.policy_version}" if row.policy_version else NONE

    @admin.display(description="session")
    def session(self, row: Record) -> str:
        if not row.session_id:
            return NONE
        url = reverse("admin:audit_record_timeline", args=[row.session_id])
        return format_html('<a href="{}" title="{}">timeline</a>', url, row.session_id)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self._record_reading(request, "list", filter=request.GET.urlencode())
        title = {"title": "What happened"}
        return super().changelist_view(request, title | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"there is no record {object_id}")
        self._record_reading(request, "record", subject=f"record:{row.pk}", record=row.pk)
        page = {"row": row, "sentence": reading.visible(sentence(row)), "badge": badge(row.outcome)}
        page |= {"changes": reading.changes(row), "details": reading.details(row)}
        page |= {"simulator_url": simulator_url(request, row)}
        return self._page(request, "record", f"Record {row.pk}", page)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # A record has no history: it was written once.
        return HttpResponseRedirect(reverse("admin:audit_record_change", args=[object_id]))

    def timeline_view(self, request: HttpRequest, session_id: str) -> HttpResponse:
        """Everything recorded of one session, oldest first, from the record ``?after=`` on."""
        after = request.GET.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 18:
            raise Http404("after must be the number of a record")
        self._record_reading(request, "timeline", subject=f"session:{session_id}", filter=f"after={after}")
        rows = Record.objects.filter(session_id=session_id, pk__gt=int(after)).order_by("pk")
        found = list(rows[: TIMELINE_ROWS + 1])
        page = timeline(found[:TIMELINE_ROWS]) | {
            "session_id": session_id,
            "binding_url": binding_url(request, session_id),
            "next": found[TIMELINE_ROWS - 1].pk if len(found) > TIMELINE_ROWS else None,
            "continued": after != "0",
        }
        return self._page(request, "timeline", "Timeline of a session", page)

    def _record_reading(self, request: HttpRequest, view: str, subject: str = "", **fields: Any) -> None:
        """Before anything is shown: what cannot be recorded is not read."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        log.record(
            "audit.read",
            actor=actors.of_user(request.user),
            subject=subject,
            source_ip=request.META.get("REMOTE_ADDR", ""),
            fields={"view": view, **fields},
        )

    def _page(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        return TemplateResponse(request, f"admin/audit/record/{name}.html", context)


def badge(outcome: str) -> str:
    if not outcome:
        return NONE
    words = reading.visible(outcome.replace("_", " "))
    return format_html('<span class="badge badge-{}">{}</span>', tone(outcome), words)


def timeline(rows: list[Record]) -> dict[str, Any]:
    """The lines of the page, each with its seconds since the first one."""
    start = rows[0].occurred_at if rows else None
    lines = [
        {
            "row": row,
            "offset": f"+{(row.occurred_at - start).total_seconds():.3f} s" if start else "",
            "sentence": reading.visible(sentence(row)),
            "badge": badge(row.outcome),
        }
        for row in rows
    ]
    return {"lines": lines}


def binding_url(request: HttpRequest, session_id: str) -> str | None:
    """Where the root shows this session, to those who may see it; by name, because this package does not know
    the root."""
    if not request.user.has_perm("controlplane.view_sessionbinding"):
        return None
    try:
        return f"{reverse('admin:controlplane_sessionbinding_changelist')}?q={session_id}&state=all"
    except NoReverseMatch:
        return None


def simulator_url(request: HttpRequest, row: Record) -> str | None:
    """Where the root asks for this decision again, with what is on record; by name, as in ``binding_url``."""
    needed = ("controlplane.view_policyversion", "controlplane.view_user")
    if row.verb != "tool.decided" or not request.user.has_perms(needed):
        return None
    try:
        return f"{reverse('admin:controlplane_simulator')}?record={row.pk}"
    except NoReverseMatch:
        return None
