from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controlplane import cautions, compile, differences, document
from controlplane.admin import confirmation, versionwords
from controlplane.admin.base import ReadOnlyAdmin, actor_of, address_of, records_url
from controlplane.admin.words import pre, stamp
from controlplane.draft import Malformed
from controlplane.models import PolicyVersion
from controlplane.operations import drafts
from controlplane.operations.drafts import Applied
from controlplane.operations.selfservice import SelfService


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ("version", "when", "created_by", "why", "short_digest")
    search_fields = ("=number", "created_by", "reason", "digest")
    search_help_text = "A number, who made it, why, or a digest."
    fields = ("version", "when", "created_by", "why", "digest", "whole_policy")
    readonly_fields = ("version", "when", "why", "whole_policy")
    change_form_template = "admin/controlplane/policyversion/change_form.html"
    actions = ("roll_back",)

    def history_url(self, row: PolicyVersion) -> str:
        return records_url(about="policy", verb="policy.published", subject=str(row.number))

    def get_urls(self) -> list[URLPattern]:
        file = self.admin_site.admin_view(self.file)
        return [path("<int:number>/file/", file, name="controlplane_policyversion_file"), *super().get_urls()]

    def file(self, request: HttpRequest, number: int) -> HttpResponse:
        """The version as ``manage.py policy export`` writes it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            text = drafts.file_of(number)
        except drafts.NoSuchVersion as error:
            return HttpResponse(f"{error}\n", status=404, content_type="text/plain; charset=utf-8")
        answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="sallyport-policy-{number}.yaml"'
        return answer

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *options: Any, **more: Any
    ) -> HttpResponse:
        version = context["original"]
        context |= _compared(version, request.GET.get("against", ""))
        context["file_url"] = reverse("admin:controlplane_policyversion_file", args=[version.number])
        return super().render_change_form(request, context, *options, **more)

    # -- roll back

    def offers(self, row: PolicyVersion) -> tuple[str, ...]:
        return () if row == PolicyVersion.objects.latest() else ("roll_back",)

    def has_roll_back_permission(self, request: HttpRequest) -> bool:
        return self.may_operate(request)

    @admin.action(description="Roll back to this version…", permissions=["roll_back"])
    def roll_back(self, request: HttpRequest, queryset: QuerySet[PolicyVersion]) -> HttpResponse | None:
        if queryset.count() != 1:
            self.message_user(request, "Choose one version to roll back to.", messages.ERROR)
            return None
        number, reason = queryset.get().number, confirmation.reason_given(request)
        before = document.current()
        done = self._rolled_back(request, number, reason, dry_run=not reason)
        if done is None:
            return None
        if not reason:
            return confirmation.ask(self, request, queryset, _question(number, done, before))
        said = f"Policy {done.number} is in force." if done.is_new else "The policy said that already."
        self.message_user(request, said, messages.SUCCESS)
        for sentence in done.notes:
            self.message_user(request, f"{sentence}.", messages.WARNING)
        return None

    def _rolled_back(
        self, request: HttpRequest, number: int, reason: str, *, dry_run: bool
    ) -> Applied | None:
        """None: it was refused, and the page says why."""
        try:
            return drafts.rollback(
                actor=actor_of(request),
                number=number,
                reason=reason,
                source_ip=address_of(request),
                dry_run=dry_run,
            )
        except (Malformed, drafts.Rejected) as refusal:
            problems = refusal.problems
        except (drafts.Overtaken, compile.NotInForce, SelfService) as refusal:
            problems = (str(refusal),)
        for sentence in problems:
            self.message_user(request, f"Refused: {sentence}", messages.ERROR)
        return None

    # -- what the pages show

    @admin.display(description="version", ordering="number")
    def version(self, row: PolicyVersion) -> str:
        return f"v{row.number}"

    @admin.display(description="in force since", ordering="created_at")
    def when(self, row: PolicyVersion) -> str:
        return stamp(row.created_at)

    @admin.display(description="why")
    def why(self, row: PolicyVersion) -> str:
        return row.reason or "not said"

    @admin.display(description="digest")
    def short_digest(self, row: PolicyVersion) -> str:
        return row.digest[:12]

    @admin.display(description="the whole policy")
    def whole_policy(self, row: PolicyVersion) -> SafeString:
        # Folded: it is hundreds of lines, and most people come for what differs.
        return format_html("<details><summary>Show</summary>{}</details>", pre(row.document))


def _compared(version: PolicyVersion, against: str) -> dict[str, Any]:
    """With the version before it, or with the one that was asked for."""
    number = int(against) if against.isascii() and against.isdecimal() else version.number - 1
    shown = {"against": number or ""}
    if number == 0 and not against:
        return shown | {"compared": "This is the first version"}
    try:
        old = drafts.document_of(number)
    except drafts.NoSuchVersion as error:
        return shown | {"compared": f"{error}".capitalize()}
    found = differences.between(old, document.completed(version.document))
    return shown | {
        "compared": f"What differs from version {number}",
        "detail": versionwords.detail(found),
    }


def _question(number: int, done: Applied, before: dict[str, Any]) -> confirmation.Question:
    shown = versionwords.detail(
        done.differences,
        none="Nothing: the policy says that already.",
        warnings=cautions.between(before, done.document),
        notes=done.notes,
    )
    return confirmation.Question(
        "roll_back",
        f"Roll back to version {number}?",
        "A new version will say what this one said. Running sessions take it over within a second. What would "
        "change:",
        "Yes, roll back",
        (shown,),
        versionwords.TEMPLATE,
    )
