"""Filters of the record list by what a record holds, for links that lead to it.

Offered only while they are in use: a list of all values would read the whole table.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.models import Record


class FieldFilter(admin.SimpleListFilter):
    """``parameter_name`` is the name of the field in ``fields``."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(str(self.parameter_name), "")
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        wanted = {f"fields__{self.parameter_name}": self.value()}
        return queryset.filter(**wanted) if self.value() else queryset


class ToolFilter(FieldFilter):
    title = "tool"
    parameter_name = "tool"


class PatternFilter(FieldFilter):
    title = "pattern"
    parameter_name = "pattern"


class ModeFilter(FieldFilter):
    title = "mode of the pattern"
    parameter_name = "mode"


class ShadowFilter(FieldFilter):
    """Calls that were let through, by what rules that were only tried would have said."""

    title = "if the rules were enforced"
    parameter_name = "shadow"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        if not self.value():
            return queryset
        return queryset.filter(fields__shadow__decision=self.value()).exclude(outcome="deny")
