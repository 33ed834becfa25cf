"""Values as people read them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

GOOD, CARE, BAD, PLAIN = "good", "care", "bad", "plain"


class IndentedJSON(json.JSONEncoder):
    """For JSON that people edit in a text box."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


def badge(text: str, tone: str = PLAIN) -> SafeString:
    return format_html('<span class="badge badge-{}">{}</span>', tone, text)


def pre(value: Any) -> SafeString:
    """JSON, indented, as a block."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))


def moment(when: datetime | None, never: str = "never") -> str:
    """``2026-11-22 20:16:03 UTC``: an unmarked time is a wrong time for half of the readers."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if when else never


def stamp(when: datetime | None, never: str = "never") -> str | SafeString:
    """``moment`` for a page: breaks between date and time, not within them."""
    if when is None:
        return never
    day, rest = moment(when).split(" ", 1)
    return format_html('<span class="nowrap">{}</span> <span class="nowrap">{}</span>', day, rest)


def span(seconds: float) -> str:
    """``59 min 10 s``; two units at most."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def listing(names: Sequence[str], none: str = "none") -> str:
    """``a, b and c``."""
    if len(names) < 2:
        return names[0] if names else none
    return f"{', '.join(names[:-1])} and {names[-1]}"


def count(number: int, noun: str) -> str:
    """``1 session``, ``3 sessions``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
