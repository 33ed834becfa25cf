"""What shadow mode has shown: what the grants and patterns that are only tried would have done to real calls.

From the audit records alone: ``tool.decided`` holds the verdict of a trial beside the real one, and ``redaction.hit``
says in which mode its pattern was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from audit.models import Record
from controlplane.models import RedactionPattern, ToolGrant
from guard.core.decision import Decision

PERIODS = {"day": ("24 hours", timedelta(hours=24)), "week": ("7 days", timedelta(days=7))}
"""Named as the period filter of the record list names them."""
MOST_RULES = 5


@dataclass(slots=True)
class Seen:
    """When the first and the last fact of a period was recorded."""

    first: datetime | None = None
    last: datetime | None = None

    def at(self, first: datetime, last: datetime) -> None:
        self.first = min(self.first or first, first)
        self.last = max(self.last or last, last)


@dataclass(slots=True)
class CallTrial:
    """``would`` counts the calls that were let through, by what the rules would have said; ``denied`` were refused all
    the same. ``rules`` counts what would have changed a call."""

    would: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    denied: int = 0
    seen: Seen = field(default_factory=Seen)

    @property
    def calls(self) -> int:
        return self.would.total()

    @property
    def commonest(self) -> list[tuple[str, str, int]]:
        """Decision, rule, number."""
        return [(*rule, number) for rule, number in self.rules.most_common(MOST_RULES)]

    def rule_of(self, decision: str) -> str:
        """The rule that would have said ``decision`` most often."""
        return next((rule for (said, rule), _ in self.rules.most_common() if said == decision), "")


@dataclass(slots=True)
class FindTrial:
    finds: int = 0
    sessions: int = 0
    seen: Seen = field(default_factory=Seen)


def grants() -> QuerySet[ToolGrant]:
    """The ones in shadow mode."""
    current = ToolGrant.objects.filter(retired_at=None, role__retired_at=None, tool__retired_at=None)
    return current.filter(mode="shadow").select_related("role", "tool")


def patterns() -> QuerySet[RedactionPattern]:
    return RedactionPattern.objects.filter(retired_at=None, mode="shadow")


def of_calls(period: str) -> Mapping[tuple[str, str], CallTrial]:
    """By the names of role and tool. One question for all of them."""
    found: dict[tuple[str, str], CallTrial] = {}
    for row in _counted(_decided(period)):
        _add(found.setdefault((row["role"], row["tool"] or ""), CallTrial()), row)
    return found


def of_finds(period: str) -> Mapping[str, FindTrial]:
    """By the name of the pattern."""
    hits = _since(period).filter(verb="redaction.hit", fields__mode="shadow")
    rows = (
        hits.order_by()
        .values(pattern=KT("fields__pattern"))
        .annotate(
            finds=Count("pk"),
            sessions=Count("session_id", distinct=True),
            first=Min("occurred_at"),
            last=Max("occurred_at"),
        )
    )
    return {
        row["pattern"]: FindTrial(row["finds"], row["sessions"], Seen(row["first"], row["last"]))
        for row in rows
    }


def _since(period: str) -> QuerySet[Record]:
    return Record.objects.filter(occurred_at__gte=timezone.now() - PERIODS[period][1])


def _decided(period: str) -> QuerySet[Record]:
    return _since(period).filter(verb="tool.decided", fields__has_key="shadow")


def _counted(records: QuerySet[Record]) -> Iterable[Any]:
    return (
        records.order_by()
        .values(
            "role",
            "outcome",
            tool=KT("fields__tool"),
            decision=KT("fields__shadow__decision"),
            by=KT("fields__shadow__rule"),
        )
        .annotate(number=Count("pk"), first=Min("occurred_at"), last=Max("occurred_at"))
    )


def _add(trial: CallTrial, row: Mapping[str, Any]) -> None:
    trial.seen.at(row["first"], row["last"])
    if row["outcome"] == Decision.DENY:
        trial.denied += row["number"]
        return
    decision = row["decision"] or ""
    trial.would[decision] += row["number"]
    if decision != Decision.ALLOW:
        trial.rules[decision, row["by"] or ""] += row["number"]
