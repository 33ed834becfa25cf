"""What a session knows of its user's day, and what it has asked about it: the truth is in the database, where the other
sessions of the same user write theirs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from guard.core.budget import DayUse, Use
from guard.core.commands import AskLedger, ToUpstream

PATIENCE = 2.0
"""Seconds: an answer that takes longer is none."""
_REPORT_SECONDS = 15.0
_SHORTEST_SECONDS = 1.0
_PROMPT = 2.0
"""Seconds in which the provider begins a response that it was asked for. One that begins later is asked about anew."""


@dataclass(frozen=True, slots=True)
class Question:
    """``order`` waits for the answer; so does ``response_id``, which has begun already. Neither: it is a report."""

    asked: AskLedger
    at: float
    order: ToUpstream | None = None
    response_id: str = ""


class Ledger:
    """``report_at``: when the session's own use must be told at the latest."""

    def __init__(self, day: DayUse | None = None, now: float = 0.0) -> None:
        self._questions: dict[int, Question] = {}
        self._granted: deque[float] = deque(maxlen=64)
        self._newest = -1
        self._day: Use | None = None
        self._told = Use()
        self._day_ends = now
        self.report_at = now
        if day is not None:
            self._learn(day, Use(), now)

    # -- asking

    def ask(
        self, number: int, total: Use, now: float, order: ToUpstream | None = None, response_id: str = ""
    ) -> AskLedger:
        """``total`` is the use of the whole session so far."""
        asked = AskLedger(number, total)
        self._questions[number] = Question(asked, now, order, response_id)
        self.report_at = now + _REPORT_SECONDS
        return asked

    def take(self, number: int) -> Question | None:
        """The question that is answered now; None when nobody waits for it any more."""
        return self._questions.pop(number, None)

    def learned(self, question: Question, day: DayUse, now: float) -> None:
        """Answers may overtake each other: the newest question has the newest answer."""
        if question.asked.number > self._newest:
            self._newest = question.asked.number
            self._learn(day, question.asked.total, now)

    def overdue(self, now: float) -> list[Question]:
        late = [each for each in self._questions.values() if now - each.at >= PATIENCE]
        for each in late:
            del self._questions[each.asked.number]
        return late

    @property
    def is_asked(self) -> bool:
        """Whether a request for a response waits."""
        return any(each.order is not None for each in self._questions.values())

    # -- responses that may begin

    def grant(self, now: float) -> None:
        """A request goes up: the response to it has been asked about."""
        self._granted.append(now)

    def is_granted(self, now: float) -> bool:
        """Whether the response that begins now has been. Each grant is good for one."""
        while self._granted:
            if now - self._granted.popleft() < _PROMPT:
                return True
        return False

    def not_begun(self) -> None:
        """The provider has refused something: it may have been a request."""
        self._granted.clear()

    # -- what is known

    def estimate(self, total: Use, now: float) -> Use | None:
        """The user's day as far as this session knows it, with its own use up to now. None: not known, as after
        midnight."""
        if self._day is None or now >= self._day_ends:
            return None
        return self._day + total.since(self._told)

    def hurry(self, seconds_left: float, now: float) -> None:
        """Other sessions of the user take their part of what is left: the less it is, the sooner it is looked at."""
        soon = max(_SHORTEST_SECONDS, seconds_left / 2)
        self.report_at = min(self.report_at, now + soon)

    def due_by(self, reports: bool) -> float | None:
        times = [each.at + PATIENCE for each in self._questions.values()]
        return min([*times, *([self.report_at] if reports else [])], default=None)

    def _learn(self, day: DayUse, told: Use, now: float) -> None:
        self._day, self._told, self._day_ends = day.use, told, now + day.seconds_left
        self.report_at = now + min(_REPORT_SECONDS, max(_SHORTEST_SECONDS, day.seconds_left))
