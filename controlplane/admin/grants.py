from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from controlplane.admin import cautions, trials
from controlplane.admin.base import InUseFilter, RetirableAdmin, RetirableForm, link_to
from controlplane.admin.cautions import Cautious
from controlplane.admin.words import CARE, PLAIN, badge, listing
from controlplane.models import ToolGrant

_CAPS = {"per_turn": "turn", "per_session": "session", "per_day": "day"}


@admin.register(ToolGrant)
class ToolGrantAdmin(Cautious, RetirableAdmin):
    form = RetirableForm
    list_display = ("tool_", "role_", "narrowed", "agreement", "mode_", "note", "in_use")
    list_display_links = ("tool_",)
    list_filter = (InUseFilter, "mode", "approver", "role")
    list_select_related = ("role", "tool")
    search_fields = ("role__name", "tool__name", "note")
    search_help_text = "Part of the name of a role or a tool, or of the note."
    autocomplete_fields = ("role", "tool")
    fieldsets = (
        (None, {"fields": ("role", "tool", "note", "whole_role")}),
        (
            "Arguments",
            {
                "fields": ("rules", "streams_arguments"),
                "description": "The tool's schema comes first: what does not fit it is denied. Then the rules here, "
                "each for one argument (order.amount is a member of an object). fixed: set to this value, dropped: "
                "taken out, at_most and at_least: moved to the bound, max_length: cut; owned and one_of refuse any "
                'other value. A refund of 50 at most, on the user\'s own account: {"amount": {"at_most": 50}, '
                '"account_id": {"owned": "account_id"}}.',
            },
        ),
        (
            "Condition",
            {
                "fields": ("condition",),
                "description": "Asked of the arguments as the rules have left them. Anything but true denies, and so "
                "does a name that is not there: has(user.attributes.tier) asks first. During office hours only: "
                "now.getHours() >= 8 && now.getHours() < 17 (UTC).",
            },
        ),
        (
            "How often",
            {
                "fields": tuple(_CAPS),
                "description": "Calls that were denied do not count. The role has a limit for all tools together.",
            },
        ),
        (
            "Approval",
            {
                "fields": ("approver", "approval_seconds"),
                "description": "The call waits, and the model is told so. Consent is for these very arguments, once.",
            },
        ),
        (
            "Result",
            {
                "fields": ("visible_fields", "hidden_fields"),
                "description": "What the model never sees it cannot say. customer.card is a field of a field, "
                "orders.*.cost one of every order, $.total one of the outermost object only.",
            },
        ),
        (
            "Mode",
            {
                "fields": ("mode", "trial"),
                "description": "Try new rules in shadow mode first: calls go on as if there were none, and what they "
                "would have said is recorded.",
            },
        ),
    )
    readonly_fields = ("whole_role", "trial")
    sessions_by = "role__grants"
    retiring = "Calls of these tools are denied to these roles from now on, in running sessions too."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Another tool or another role is another grant: records of this one would speak of both.
        return (*self.readonly_fields, "role", "tool") if obj else self.readonly_fields

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(lambda request: trials.page(self.admin_site, request))
        return [path("trials/", page, name="controlplane_trials"), *super().get_urls()]

    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        return cautions.of_grant(form, is_new)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        current: QuerySet[Any] = db_field.related_model.objects.filter(retired_at=None)
        return super().formfield_for_foreignkey(db_field, request, queryset=current, **options)

    @admin.display(description="tool", ordering="tool__name")
    def tool_(self, grant: ToolGrant) -> str:
        return grant.tool.name

    @admin.display(description="role", ordering="role__name")
    def role_(self, grant: ToolGrant) -> str:
        return grant.role.name

    @admin.display(description="narrowed by")
    def narrowed(self, grant: ToolGrant) -> str:
        return narrowed_by(grant)

    @admin.display(description="approval", ordering="approver")
    def agreement(self, grant: ToolGrant) -> str:
        return approved_by(grant)

    @admin.display(description="mode", ordering="mode")
    def mode_(self, grant: ToolGrant) -> SafeString:
        return mode_badge(grant.mode)

    @admin.display(description="what the role may do")
    def whole_role(self, grant: ToolGrant) -> str | SafeString:
        return link_to(grant.role) if grant.pk else "Save the grant to see it."

    @admin.display(description=trials.TITLE)
    def trial(self, grant: ToolGrant) -> str | SafeString:
        return trials.link_for(grant)


def mode_badge(mode: str) -> SafeString:
    return badge("shadow", CARE) if mode == "shadow" else badge(mode, PLAIN)


def approved_by(grant: ToolGrant) -> str:
    return str(grant.get_approver_display()).partition(":")[0]


def narrowed_by(grant: ToolGrant) -> str:
    parts = [f"rules on {listing(sorted(grant.rules))}"] if grant.rules else []
    parts += ["a condition"] if grant.condition else []
    caps = [(getattr(grant, field), what) for field, what in _CAPS.items()]
    return listing(
        [*parts, *(f"{most} per {what}" for most, what in caps if most is not None)], none="nothing"
    )


def rules_link(grant: ToolGrant) -> str | SafeString:
    """For the role's page, which shows the most used fields only."""
    if not grant.pk:
        return "after saving"
    url = reverse("admin:controlplane_toolgrant_change", args=[grant.pk])
    said = [narrowed_by(grant)] if narrowed_by(grant) != "nothing" else []
    said += [f"approved by {approved_by(grant)}"] if grant.approver != "none" else []
    shadow = mode_badge(grant.mode) if grant.mode == "shadow" else ""
    return format_html('{} {} <a href="{}">rules…</a>', "; ".join(said), shadow, url)
