from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import JSONField, QuerySet
from django.forms import Textarea
from django.http import HttpRequest

from controlplane.admin.base import Admin, InUseFilter, RetirableAdmin
from controlplane.admin.words import listing
from controlplane.models import Tool, ToolGrant


@admin.register(Tool)
class ToolAdmin(RetirableAdmin):
    list_display = ("name", "what_it_does", "arguments", "granted_to", "in_use")
    list_filter = (InUseFilter,)
    search_fields = ("name", "description")
    search_help_text = "Part of a tool's name or description."
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        (
            "Arguments",
            {
                "fields": ("parameters",),
                "description": "Checked before a call reaches anybody. What does not fit is denied, and the model "
                "is told no more than that.",
            },
        ),
        ("Who may call it", {"fields": ("granted_to",)}),
    )
    readonly_fields = ("granted_to",)
    formfield_overrides = {
        **Admin.formfield_overrides,
        JSONField: {
            "widget": Textarea(
                attrs={"rows": 18, "cols": 80, "class": "vLargeTextField json", "spellcheck": "false"}
            )
        },
    }
    retiring = (
        "No role can call them any more, in running sessions too: every call is denied. Grants stay as they are, "
        "so putting a tool back restores them."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tool]:
        return super().get_queryset(request).prefetch_related("grants__role")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        # The autocomplete of grants asks here too: a retired tool can be granted to nobody.
        is_picker = request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
        return (found.filter(retired_at=None) if is_picker else found), duplicates

    @admin.display(description="what it does")
    def what_it_does(self, tool: Tool) -> str:
        text = tool.description
        return text if len(text) <= 100 else f"{text[:99]}…"

    @admin.display(description="arguments")
    def arguments(self, tool: Tool) -> str:
        return listing(list(tool.parameters.get("properties", {})))

    @admin.display(description="granted to", empty_value="no role")
    def granted_to(self, tool: Tool) -> str:
        grants: list[ToolGrant] = list(tool.grants.all()) if tool.pk else []
        return listing(
            sorted(grant.role.name for grant in grants if grant.retired_at is None), none="no role"
        )
