from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from controlplane.admin.base import ReadOnlyAdmin, records_url
from controlplane.admin.words import pre, stamp
from controlplane.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ("version", "when", "created_by", "why", "short_digest")
    search_fields = ("=number", "created_by", "reason", "digest")
    search_help_text = "A number, who made it, why, or a digest."
    fields = ("version", "when", "created_by", "why", "digest", "whole_policy")
    readonly_fields = ("version", "when", "why", "whole_policy")

    def history_url(self, row: PolicyVersion) -> str:
        return records_url(about="policy", verb="policy.published", subject=str(row.number))

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
        return pre(row.document)
