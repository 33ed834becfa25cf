"""What runs every few seconds, whoever runs it: each sweep notes when it last went through, so that silence is seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from controlplane.models import CreationCount, Node, Sweep

KEPT = timedelta(days=1)
"""Counts of tickets asked for are looked at for a minute, rows of processes that have stopped by nobody."""
MISSED = 3
"""Intervals after which a sweep is late: beat, the worker or the broker is not there, or too slow."""
AT_ONCE = 5000


def sweep(name: str, work: Callable[[], int]) -> None:
    """``work`` answers with how much it found to do. If it fails nothing is noted: the sweep is late, then."""
    note(name=name, count=work())


@transaction.atomic
def note(*, name: str, count: int) -> None:
    Sweep.objects.update_or_create(name=name, defaults={"ran_at": Now(), "count": count})


def late() -> list[str]:
    """A sentence for each sweep that should have gone through by now, by the database's clock."""
    rows = Sweep.objects.annotate(age=Now() - F("ran_at")).values_list("name", "age")
    ages = {name: age.total_seconds() for name, age in rows}
    found = []
    for name, seconds in settings.SWEEPS.items():
        if name not in ages:
            found.append(f"{name} has never run")
        elif ages[name] > MISSED * seconds:
            found.append(f"{name} last ran {ages[name]:.0f} s ago")
    return found


def prune() -> int:
    """Delete what nobody looks at any more and no record is about: counts, rows of processes, expired sign-ins.
    Bounded: what is left is found by the next run. Returns how many rows."""
    stopped = Node.objects.filter(stopped_at__lt=Now() - KEPT, bindings=None)
    return sum(
        _delete(rows)
        for rows in (
            CreationCount.objects.filter(minute__lt=Now() - KEPT),
            stopped,
            Session.objects.filter(expire_date__lt=Now()),
        )
    )


@transaction.atomic
def _delete(rows: QuerySet) -> int:
    """By key, and judged again: a row that was renewed in between stays."""
    keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return int(rows.filter(pk__in=keys).delete()[0])
