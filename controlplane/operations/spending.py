"""What users have used up today: an account that each session of theirs settles with, and that lets them in or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from controlplane.models import SessionBinding, User
from guard.core.budget import DayUse, Use
from guard.core.carried import Carried
from guard.core.closing import EndReason
from guard.core.policy import Policy
from guard.ports import Refused

NO_PRICE = "no_price"
_KEPT = {
    "milliseconds": "milliseconds",
    "tokens": "total_tokens",
    "audio_milliseconds": "audio_milliseconds",
    "micros": "micros",
}
"""How ``SessionBinding.usage`` names what the session has settled."""

# One statement each, so that nothing of two sessions that settle at once is lost. The day is the database's.
_ADD = """
    WITH clock AS (SELECT now() AT TIME ZONE 'UTC' AS moment), added AS (
        INSERT INTO controlplane_dailyuse AS today (user_id, day, milliseconds, tokens, audio_milliseconds, micros)
        SELECT %(user)s, moment::date, %(milliseconds)s, %(tokens)s, %(audio_milliseconds)s, %(micros)s FROM clock
        ON CONFLICT ON CONSTRAINT use_is_counted_once_per_day DO UPDATE SET
            milliseconds = today.milliseconds + EXCLUDED.milliseconds,
            tokens = today.tokens + EXCLUDED.tokens,
            audio_milliseconds = today.audio_milliseconds + EXCLUDED.audio_milliseconds,
            micros = today.micros + EXCLUDED.micros
        RETURNING milliseconds, tokens, audio_milliseconds, micros
    )
    SELECT added.*, extract(epoch FROM date_trunc('day', moment) + interval '1 day' - moment)
    FROM added, clock
"""
_LOOK = """
    SELECT coalesce(milliseconds, 0), coalesce(tokens, 0), coalesce(audio_milliseconds, 0), coalesce(micros, 0),
        extract(epoch FROM date_trunc('day', moment) + interval '1 day' - moment)
    FROM (SELECT now() AT TIME ZONE 'UTC' AS moment) AS clock
    LEFT JOIN controlplane_dailyuse AS today ON today.day = moment::date AND today.user_id = %(user)s
"""


@dataclass(frozen=True, slots=True)
class Barred:
    """``rule`` is for the record."""

    reason: EndReason
    rule: str
    message: str

    def refused(self) -> Refused:
        return Refused(self.reason, self.message, NO_PRICE if self.rule == NO_PRICE else "")


@transaction.atomic
def settle(*, session_id: UUID | str, total: Use) -> DayUse:
    """``total`` is what the session has used since it began. Only what it has not told before is added: somebody may
    ask twice because the first answer was lost."""
    # Before the account, and by everybody who settles: two who lock in two orders would wait for each other.
    binding = (
        SessionBinding.objects.select_for_update(of=("self",)).only("user_id", "usage").get(pk=session_id)
    )
    settled = settled_by(binding.usage)
    added = total.since(settled)
    SessionBinding.objects.filter(pk=session_id).update(usage={**binding.usage, **_usage(settled + added)})
    return _day(_ADD, binding.user_id, **_columns(added))


def today(user: User) -> DayUse:
    return _day(_LOOK, user.pk)


def settled_by(usage: Mapping[str, Any]) -> Use:
    """From ``SessionBinding.usage``, or from what a session says at its end."""
    return Use(**{name: int(usage.get(key) or 0) for name, key in _KEPT.items()})


def carried_by(binding: SessionBinding) -> Carried:
    """What counts towards the session's own budgets and caps from its beginning."""
    return Carried(settled_by(binding.carried), binding.carried.get("calls") or {})


def to_carry(binding: SessionBinding) -> dict[str, Any]:
    """For ``SessionBinding.carried`` of the one that replaces this one, once it is over. The day's account has it all
    already: a session settles only what it has used itself."""
    before = carried_by(binding)
    calls = Counter(before.calls) + Counter(binding.usage.get("calls") or {})
    return {**_usage(before.use + settled_by(binding.usage)), "calls": dict(calls)}


def day_for(user: User, policy: Policy) -> DayUse | None:
    """None where no budget asks for it."""
    return today(user) if policy.budgets.are_of_day else None


def bar(policy: Policy, model: str, day: DayUse | None) -> Barred | None:
    """Whether the budgets let the user begin a session."""
    budgets = policy.budgets
    if budgets.unjudged() and model not in policy.prices:
        sentence = "The cost of this model cannot be judged: its provider has no price for it."
        return Barred(EndReason.NOT_ALLOWED, NO_PRICE, sentence)
    over = budgets.day_over(day.use) if day else None
    if over is None:
        return None
    return Barred(
        EndReason.BUDGET_EXHAUSTED, over.budget, f"The budget of this day is used up ({over.budget})."
    )


def longest(policy: Policy, day: DayUse | None) -> float:
    """Seconds that a session which begins now may last."""
    left = policy.budgets.seconds_of_day(day) if day else None
    return policy.limits.max_seconds if left is None else min(policy.limits.max_seconds, left)


def _day(statement: str, user_id: int, **counts: int) -> DayUse:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"user": user_id, **counts})
        *used, left = cursor.fetchone()
    return DayUse(Use(*used), float(left))


def _columns(use: Use) -> dict[str, int]:
    return {name: getattr(use, name) for name in _KEPT}


def _usage(use: Use) -> dict[str, int]:
    return {key: getattr(use, name) for name, key in _KEPT.items()}
