from __future__ import annotations

from django.contrib import admin
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest

from controlplane.admin.base import Admin, InUseFilter
from controlplane.admin.keyed import KeyedAdmin, KeyedForm
from controlplane.admin.words import listing
from controlplane.models import Classifier


class ClassifierForm(KeyedForm):
    class Meta:
        model = Classifier
        exclude = ("retired_at",)


@admin.register(Classifier)
class ClassifierAdmin(KeyedAdmin):
    form = ClassifierForm
    list_display = ("name", "url", "shape_", "timing_", "direction", "for_roles", "key", "in_use")
    list_filter = (InUseFilter, "timing", "direction", "roles")
    search_fields = ("name", "url")
    search_help_text = "Part of a classifier's name or address."
    formfield_overrides = {
        **Admin.formfield_overrides,
        ManyToManyField: {"widget": CheckboxSelectMultiple},
    }
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "url", "shape", "model_name"),
                "description": "It is sent what the patterns have left of a text, never a value that they hide.",
            },
        ),
        ("Key", {"fields": ("key", "api_key", "remove_key")}),
        (
            "What counts",
            {
                "fields": ("labels", "threshold"),
                "description": "With neither, whatever the classifier itself flags.",
            },
        ),
        (
            "What follows",
            {
                "fields": ("timing", "on_finding", "on_failure", "deadline_ms"),
                "description": "After five failures in a row it is asked once in ten seconds only; until it answers "
                "again, each text counts as a failure at once.",
            },
        ),
        (
            "Where it applies",
            {
                "fields": ("direction", "roles"),
                "description": "What the user says aloud is judged for roles with gated turns only.",
            },
        ),
    )
    retiring = "They are asked no more, in running sessions too: what only they would find passes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Classifier]:
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description="shape", ordering="shape")
    def shape_(self, row: Classifier) -> str:
        return str(row.get_shape_display()).partition(":")[0]

    @admin.display(description="timing", ordering="timing")
    def timing_(self, row: Classifier) -> str:
        return str(row.get_timing_display()).partition(":")[0]

    @admin.display(description="for")
    def for_roles(self, row: Classifier) -> str:
        return listing(sorted(role.name for role in row.roles.all()), none="every role")
