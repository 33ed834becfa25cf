"""Lists, a page at a time: by the last row that was seen, so that a page costs the same wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from controlplane.views.official import invalid, unknown

USUAL = 20
MOST = 100


def query_of(request: HttpRequest, known: Collection[str]) -> dict[str, str]:
    """The parameters of the address. Raises ``Refused``."""
    found = {}
    for key, values in request.GET.lists():
        if key not in known:
            raise unknown(key)
        if len(values) > 1:
            raise invalid(key, "one value")
        found[key] = values[0]
    return found


def page(
    rows: QuerySet[Any], wanted: Mapping[str, str], view: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """The newest first, up to ``limit`` of them that come behind the row ``after``. Raises ``Refused``."""
    limit = _limit(wanted.get("limit", str(USUAL)))
    if (after := wanted.get("after")) is not None:
        last = _last(rows, after)
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    data = [view(row) for row in found[:limit]]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(found) > limit,
    }


def seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _limit(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= 3 and 1 <= int(given) <= MOST):
        raise invalid("limit", f"a whole number from 1 to {MOST}")
    return int(given)


def _last(rows: QuerySet[Any], after: str) -> Any:
    """Of the rows that may be seen: another's tells nothing about when it was made."""
    try:
        last = rows.model._default_manager.filter(pk=after).filter(pk__in=rows.values("pk")).first()
    except (ValueError, ValidationError, OverflowError):
        last = None
    if last is None:
        raise invalid("after", "the id of a row of this list")
    return last
