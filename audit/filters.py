"""Filters of the record list. It opens on the last 24 hours, without the readers' own traces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit.models import Record
from audit.outcomes import TONES
from audit.verbs import VERBS

AREAS = {
    "ticket": "Tickets",
    "mint": "Tickets refused at the mint",
    "session": "Sessions",
    "budget": "Budgets",
    "requests": "Requests turned away",
    "access": "Asking for what is not one's own",
    "frame": "Frames",
    "audio": "Speech",
    "tool": "Tool calls",
    "egress": "Requests that were not sent",
    "turn": "Turns of the user",
    "approval": "Approvals",
    "redaction": "Redaction",
    "classifier": "Classifiers",
    "policy": "Policy",
    "object": "Edits of rows",
    "admin": "Edits that were refused",
    "lock": "Locks",
    "service_key": "Service keys",
    "user": "Users and sign-ins",
    "audit": "Reading of this log",
    "usage": "Usage",
    "reaper": "Reaper",
    "node": "Server processes",
    "clock": "Clocks",
}
PERIODS = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
    "month": ("Last 30 days", timedelta(days=30)),
    "all": ("All time", None),
}
ROLES_SHOWN = 50


def asks_for_something(request: HttpRequest) -> bool:
    """A search, a session or a day: then the defaults would hide what was asked for."""
    exact = ("q", "session_id", "subject", "actor_id", "actor_label", "about", "verb")
    return any(
        (key in exact and value) or key.startswith("occurred_at__") for key, value in request.GET.items()
    )


class DefaultedFilter(admin.SimpleListFilter):
    """A list filter without Django's own "All" entry, because its default is something narrower."""

    def default(self, request: HttpRequest) -> str:
        raise NotImplementedError

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.chosen = self.value() or self.default(request)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for lookup, title in self.lookup_choices:
            yield {
                "selected": self.chosen == str(lookup),
                "query_string": changelist.get_query_string({str(self.parameter_name): lookup}),
                "display": title,
            }


class PeriodFilter(DefaultedFilter):
    title = "time"
    parameter_name = "period"

    def default(self, request: HttpRequest) -> str:
        searching = asks_for_something(request) and not {"about", "verb"} & request.GET.keys()
        return "all" if searching else "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, title) for key, (title, _) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        _, span = PERIODS.get(self.chosen, PERIODS["day"])
        return queryset if span is None else queryset.filter(occurred_at__gte=timezone.now() - span)


class AreaFilter(DefaultedFilter):
    title = "kind"
    parameter_name = "about"

    def default(self, request: HttpRequest) -> str:
        return "all" if asks_for_something(request) else "events"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("events", "All but reading of this log"), ("all", "Everything"), *AREAS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        if self.chosen == "events":
            return queryset.exclude(verb="audit.read")
        return queryset.filter(verb__in=verbs_about(self.chosen)) if self.chosen in AREAS else queryset


class VerbFilter(admin.SimpleListFilter):
    """Offers the verbs of the chosen area; without an area there would be too many to read."""

    title = "verb"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        area = request.GET.get("about") or request.GET.get("verb", "").partition(".")[0]
        return [(verb, verb) for verb in verbs_about(area)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        return queryset.filter(verb=self.value()) if self.value() else queryset


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(outcome, outcome.replace("_", " ")) for outcome in TONES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role, role) for role in roles_on_record()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        return queryset.filter(role=self.value()) if self.value() else queryset


def verbs_about(area: str) -> list[str]:
    return [verb for verb in VERBS if verb.partition(".")[0] == area]


def roles_on_record() -> list[str]:
    """The roles that records name: one index probe per role, because DISTINCT would read the whole table."""
    found: list[str] = []
    while len(found) < ROLES_SHOWN:
        after = Record.objects.filter(role__gt=found[-1] if found else "")
        role = after.order_by("role").values_list("role", flat=True).first()
        if role is None:
            break
        found.append(role)
    return found
