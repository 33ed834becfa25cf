from __future__ import annotations

import pytest

from audit import log, paginator
from audit.actors import system
from audit.models import Record

pytestmark = pytest.mark.django_db


def test_counting_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(paginator, "LIMIT", 3)
    log.record_many([log.Fact(verb="usage.reported", actor=system("test"))] * 10)
    assert paginator.BoundedPaginator(Record.objects.all(), 2).count == 4


def test_small_lists_are_counted_exactly():
    log.record_many([log.Fact(verb="usage.reported", actor=system("test"))] * 3)
    assert paginator.BoundedPaginator(Record.objects.all(), 2).count == 3
