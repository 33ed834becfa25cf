"""What tests of Django code share. The audit table refuses TRUNCATE, so there are no ``transaction=True`` tests.

Imports of Django stay inside the fixtures: ``tests/guard/core`` runs where Django cannot be imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a slow strategy: how long a draw takes says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def check_once() -> Callable[..., None]:
    """The demo's patterns are the same in every test: their cost need not be measured in every test."""
    from guard.core.redact import check

    return functools.lru_cache(check)


@pytest.fixture(scope="session")
def demo_rows(check_once: Callable[..., None]) -> Callable[[], dict[str, Any]]:
    """A function, for only a test has a database; once for each way to hash passwords, which are among the rows."""
    from django.conf import settings as django_settings

    from controlplane.models import patterns
    from tests.demo_rows import seeded

    @functools.cache
    def rows(_hashers: tuple[str, ...]) -> dict[str, Any]:
        with mock.patch.object(patterns, "check", check_once):
            return seeded("demo-password")

    return lambda: rows(tuple(django_settings.PASSWORD_HASHERS))


@pytest.fixture
def demo(db: None, demo_rows: Callable[[], dict[str, Any]]) -> None:
    """The demo's rows, with the password ``demo-password`` for everybody, and the policy published."""
    from tests.demo_rows import restore

    restore(demo_rows())


@pytest.fixture
def records() -> Callable[..., list[Any]]:
    """``records("ticket.issued", role="analyst")``: the matching audit records, oldest first."""
    from audit.models import Record

    def found(*verbs: str, **where: Any) -> list[Any]:
        chosen = Record.objects.filter(**where).order_by("id")
        return list(chosen.filter(verb__in=verbs) if verbs else chosen)

    return found


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each nudge that would have been sent."""
    from controlplane.operations import doorbell

    nudges: list[int] = []
    monkeypatch.setattr(doorbell, "nudge", lambda: nudges.append(1))
    return nudges
