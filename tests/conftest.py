"""What tests of Django code share. The audit table refuses TRUNCATE, so there are no ``transaction=True`` tests.

Imports of Django stay inside the fixtures: ``tests/guard/core`` runs where Django cannot be imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def demo(db: None) -> None:
    """The demo's rows, with the password ``demo-password`` for everybody, and the policy published."""
    from audit.actors import system
    from controlplane.operations.demo import seed

    seed(actor=system("tests"), password="demo-password")


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
