"""The differences between two policies as a page shows them: what became looser is marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from controlplane.admin.words import CARE, GOOD, badge
from controlplane.differences import Difference, Effect

TEMPLATE = "admin/controlplane/policyversion/differences.html"
TONES = {Effect.LOOSER: CARE, Effect.STRICTER: GOOD}


@dataclass(frozen=True, slots=True)
class Shown:
    sentence: str
    badge: str | SafeString
    lines: list[str]


def detail(
    found: Iterable[Difference],
    *,
    none: str = "Nothing differs.",
    warnings: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """For ``TEMPLATE``. ``warnings`` and ``notes``: what whoever is about to change it should hear."""
    return {
        "differences": [_shown(each) for each in found],
        "none": none,
        "warnings": list(warnings),
        "notes": list(notes),
    }


def _shown(difference: Difference) -> Shown:
    tone = TONES.get(difference.effect)
    return Shown(difference.sentence, badge(difference.effect, tone) if tone else "", difference.lines())
