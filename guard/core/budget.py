"""What may be used up, by one session and by one user on one day (UTC), and what has been.

Everything is counted in whole numbers, so that parts add up to exactly the whole.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """Connected time, tokens as the provider counts them, speech of the model, cost in millionths of the currency of
    the prices."""

    milliseconds: int = 0
    tokens: int = 0
    audio_milliseconds: int = 0
    micros: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    def since(self, earlier: Use) -> Use:
        """What has come on top. Never less than nothing: a count that somebody reports late takes nothing back."""
        return Use(*(max(0, now - then) for now, then in zip(astuple(self), astuple(earlier), strict=True)))


@dataclass(frozen=True, slots=True)
class DayUse:
    """What the user has used on the day that the database's clock shows, and the seconds left of that day."""

    use: Use
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Exhausted:
    """``most`` and ``used`` in the unit that the budget is named after. ``used`` None: it cannot be judged."""

    budget: str
    most: int
    used: float | None

    @property
    def is_of_day(self) -> bool:
        return self.budget.startswith("day_")


_SESSION = (
    ("session_tokens", "tokens", 1),
    ("session_audio_seconds", "audio_milliseconds", 1_000),
    ("session_cents", "micros", 10_000),
)
_DAY = (
    ("day_seconds", "milliseconds", 1_000),
    ("day_tokens", "tokens", 1),
    ("day_audio_seconds", "audio_milliseconds", 1_000),
    ("day_cents", "micros", 10_000),
)
"""Budget, what counts towards it, how many of those make one of its units."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """None: no limit. A budget is used up when nothing of it is left."""

    session_tokens: int | None = None
    session_audio_seconds: int | None = None
    session_cents: int | None = None
    day_seconds: int | None = None
    day_tokens: int | None = None
    day_audio_seconds: int | None = None
    day_cents: int | None = None

    @property
    def are_of_day(self) -> bool:
        """Whether somebody has to be asked: what a user has used in other sessions no session knows."""
        return any(getattr(self, budget) is not None for budget, _, _ in _DAY)

    def session_over(self, use: Use) -> Exhausted | None:
        return self._over(_SESSION, use)

    def day_over(self, use: Use) -> Exhausted | None:
        return self._over(_DAY, use)

    def unjudged(self) -> Exhausted | None:
        """The budget of cost that says nothing where there is no price."""
        for budget in ("session_cents", "day_cents"):
            if (most := getattr(self, budget)) is not None:
                return Exhausted(budget, most, None)
        return None

    def seconds_of_day(self, day: DayUse) -> float | None:
        """How long a session that begins now may last by ``day_seconds``. It may last into the next day, which has a
        budget of its own."""
        if self.day_seconds is None:
            return None
        left = self.day_seconds - day.use.milliseconds / 1_000
        return left if left <= day.seconds_left else day.seconds_left + self.day_seconds

    def _over(self, budgets: tuple[tuple[str, str, int], ...], use: Use) -> Exhausted | None:
        for budget, counted, unit in budgets:
            most, used = getattr(self, budget), getattr(use, counted)
            if most is not None and used >= most * unit:
                return Exhausted(budget, most, used if unit == 1 else round(used / unit, 3))
        return None
