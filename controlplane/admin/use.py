"""What was used up, beside what may be."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from controlplane.admin.words import BAD, PLAIN, badge, listing, span
from controlplane.models import Role, SessionBinding, User
from controlplane.operations import spending
from guard.core.budget import Use

_DAY = {
    "time": ("milliseconds", "day_seconds"),
    "tokens": ("tokens", "day_tokens"),
    "speech": ("audio_milliseconds", "day_audio_seconds"),
    "cost": ("micros", "day_cents"),
}
_SESSION = {
    "tokens": ("tokens", "session_tokens"),
    "speech": ("audio_milliseconds", "session_audio_seconds"),
    "cost": ("micros", "session_cents"),
}
_UNITS = {"time": 1_000, "tokens": 1, "speech": 1_000, "cost": 10_000}
"""How many of what is counted make one unit of the budget."""


def of_session(binding: SessionBinding) -> SafeString:
    used = spending.carried_by(binding).use + spending.settled_by(binding.usage)
    return _lines(used, [binding.role], _SESSION)


def of_today(user: User, roles: Iterable[Role]) -> SafeString:
    """All sessions of the user together, whatever their roles."""
    return _lines(spending.today(user).use, list(roles), _DAY)


def _lines(use: Use, roles: list[Role], rows: dict[str, tuple[str, str]]) -> SafeString:
    lines = [
        (kind, _line(kind, getattr(use, counted), budget, roles)) for kind, (counted, budget) in rows.items()
    ]
    return format_html_join("", "<div>{}: {}</div>", lines)


def _line(kind: str, used: int, budget: str, roles: list[Role]) -> SafeString:
    mosts = {role.name: getattr(role, budget) for role in roles if getattr(role, budget) is not None}
    amount = used / _UNITS[kind]
    limits = [
        f"{_amount(kind, most)} as {name}" if len(roles) > 1 else _amount(kind, most)
        for name, most in mosts.items()
    ]
    over = any(amount >= most for most in mosts.values())
    return badge(f"{_amount(kind, amount)} of {listing(limits, 'no limit')}", BAD if over else PLAIN)


def _amount(kind: str, number: float) -> str:
    if kind == "cost":
        return f"{number:,.2f} cents"
    return f"{int(number):,}" if kind == "tokens" else span(number)
