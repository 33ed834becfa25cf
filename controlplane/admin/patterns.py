from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.safestring import SafeString

from controlplane import cautions
from controlplane.admin import trials
from controlplane.admin.base import Admin, InUseFilter, RetirableAdmin
from controlplane.admin.cautions import Cautious, before_edit, shape_of
from controlplane.admin.grants import mode_badge
from controlplane.admin.words import listing
from controlplane.models import RedactionPattern


@admin.register(RedactionPattern)
class PatternAdmin(Cautious, RetirableAdmin):
    list_display = ("name", "finds", "does", "mode_", "direction", "for_roles", "in_use")
    list_filter = (InUseFilter, "mode", "kind", "operator", "direction", "roles")
    search_fields = ("name", "pattern")
    search_help_text = "Part of a pattern's name or expression."
    formfield_overrides = {
        **Admin.formfield_overrides,
        ManyToManyField: {"widget": CheckboxSelectMultiple},
    }
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            "What it finds",
            {
                "fields": ("kind", "pattern", "keywords", "before", "after", "ignore_case", "validator"),
                "description": "Checked when you save: an expression that would be wrong or slow is refused, with "
                "the reason at its field.",
            },
        ),
        ("What happens to a find", {"fields": ("operator", "replacement", "keep_last", "priority")}),
        (
            "Where it applies",
            {
                "fields": ("direction", "roles"),
                "description": "Running sessions apply a change to everything that is said from then on. What has "
                "been shown already cannot be recalled.",
            },
        ),
        (
            "Mode",
            {
                "fields": ("mode", "trial"),
                "description": "Try a new pattern in shadow mode first: what it finds is shown and recorded, so that "
                "you see how often it is wrong.",
            },
        ),
    )
    readonly_fields = ("trial",)
    retiring = "What they find is no longer hidden, in running sessions too."

    def get_queryset(self, request: HttpRequest) -> QuerySet[RedactionPattern]:
        return super().get_queryset(request).prefetch_related("roles")

    def cautions_of(self, form: Any, formsets: Any, is_new: bool) -> Iterable[str]:
        before = None if is_new else before_edit(form, ("mode",))
        return cautions.of_pattern(form.instance.name, before, shape_of(form.instance, ("mode",)))

    @admin.display(description="mode", ordering="mode")
    def mode_(self, row: RedactionPattern) -> SafeString:
        return mode_badge(row.mode)

    @admin.display(description=trials.TITLE)
    def trial(self, row: RedactionPattern) -> str | SafeString:
        return trials.link_for(row)

    @admin.display(description="finds")
    def finds(self, row: RedactionPattern) -> str:
        text = listing(row.keywords) if row.kind == row.Kind.KEYWORDS else row.pattern
        return text if len(text) <= 70 else f"{text[:69]}…"

    @admin.display(description="does", ordering="operator")
    def does(self, row: RedactionPattern) -> str:
        return str(row.get_operator_display()).partition(":")[0]

    @admin.display(description="for")
    def for_roles(self, row: RedactionPattern) -> str:
        return listing(sorted(role.name for role in row.roles.all()), none="every role")
