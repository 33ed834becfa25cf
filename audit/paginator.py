from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import QuerySet

from audit.models import Record

if TYPE_CHECKING:
    RecordPaginator = Paginator[Record]
else:
    RecordPaginator = Paginator

LIMIT = 10_000


class BoundedPaginator(RecordPaginator):
    """Counts to ``LIMIT`` and stops: counting ten million rows would cost more than the page itself."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Record] = self.object_list  # type: ignore[assignment]  # the admin passes no list
        return rows[: LIMIT + 1].count()
