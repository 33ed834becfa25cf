from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import JSONField, QuerySet
from django.forms import Textarea
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from controlplane import cautions
from controlplane.admin.base import Admin, InUseFilter
from controlplane.admin.cautions import Cautious, shape_of
from controlplane.admin.keyed import KeyedAdmin
from controlplane.admin.toolform import ToolForm
from controlplane.admin.words import listing
from controlplane.document import TOOL_FIELDS
from controlplane.models import Tool, ToolGrant


@admin.register(Tool)
class ToolAdmin(Cautious, KeyedAdmin):
    form = ToolForm
    list_display = ("name", "what_it_does", "arguments", "run_by", "granted_to", "in_use")
    list_filter = (InUseFilter, "runner")
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
        (
            "Who carries a call out",
            {
                "fields": ("runner", "answer_seconds"),
                "description": "client: the application at the other end of the session. http: Sallyport sends the "
                "call to an endpoint, and neither call nor result passes the client. mcp: the provider asks an MCP "
                "server, after Sallyport has approved the call; its result goes straight to the model.",
            },
        ),
        (
            "Address, for http and mcp",
            {
                "fields": ("url", "key", "api_key", "generate_key", "remove_key"),
                "description": "http: https only, and never a private address, unless the provider lists its host. "
                "Requests are signed in the Standard Webhooks form with a secret such as whsec_MfKQ9r8GKYqr…; the "
                "endpoint must check it. mcp: the key is the authorisation that the provider shows the server.",
            },
        ),
        (
            "MCP server, for mcp only",
            {
                "fields": ("mcp_label", "mcp_tool"),
                "description": "For example shop and create_refund. Tools of one server share label and address.",
            },
        ),
        (
            "Result",
            {
                "fields": ("result_schema",),
                "description": "For results that the client or an endpoint hands in. For example "
                '{"type": "object", "required": ["status"]}.',
            },
        ),
        ("Who may call it", {"fields": ("granted_to",)}),
    )
    readonly_fields = ("key", "granted_to")
    formfield_overrides = {
        **Admin.formfield_overrides,
        JSONField: {
            "widget": Textarea(
                attrs={"rows": 18, "cols": 80, "class": "vLargeTextField json", "spellcheck": "false"}
            )
        },
    }
    sessions_by = "role__grants__tool"
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

    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        tool = form.instance
        others = Tool.objects.filter(retired_at=None).exclude(pk=tool.pk).values_list("name", flat=True)
        said = cautions.of_tool(tool.name, shape_of(tool, TOOL_FIELDS), others)
        return [*said, *cautions.unsigned(tool)]

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        row = super().save_form(request, form, change)
        row.shown_once = form.generated
        return row

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._secret_page(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._secret_page(request, obj) or super().response_change(request, obj)

    def _secret_page(self, request: HttpRequest, tool: Any) -> HttpResponse | None:
        """As of service keys: rendered here and now, because a redirect would have to carry it."""
        if not tool.shown_once:
            return None
        context = self.admin_site.each_context(request) | {
            "title": f"Signing secret of {tool}",
            "tool": tool,
            "secret": tool.shown_once,
            "opts": self.opts,
        }
        shown = TemplateResponse(request, "admin/controlplane/tool/secret.html", context)
        shown["Cache-Control"] = "no-store"
        return shown

    @admin.display(description="run by", ordering="runner")
    def run_by(self, tool: Tool) -> str:
        return str(tool.get_runner_display()).partition(":")[0]

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
