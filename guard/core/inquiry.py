"""What classifiers have been asked in a session, and what they said.

The answer belongs to the text, not to the event that brought it: the same sentence in seven events is one question,
and every copy of it is shown by the same judgement.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from guard.core.classifier import Classifier, Judgement, OnFailure, OnFinding, Question, Span
from guard.core.commands import Ask

_MOST_KNOWN = 8_192
_GRACE = 1.0
"""Seconds beyond a classifier's deadline: whoever asks should have given up by itself, but nothing waits for ever."""

Key = tuple[Classifier, str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """``subject``: the item that was the first to be asked about, for the record."""

    question: Question
    subject: str
    due_by: float


UNASKED = Judgement(failure="unasked")


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105  (an outcome, not a password)
    FLAG = "flag"
    HIDE = "hide"
    BLOCK = "block"


@dataclass(slots=True)
class Verdict:
    """All classifiers together. ``spans`` are to be hidden, ``blocked`` cuts the text."""

    blocked: bool = False
    spans: tuple[Span, ...] = ()


def outcome(classifier: Classifier, judgement: Judgement) -> Outcome:
    if judgement.failure:
        return Outcome.BLOCK if classifier.on_failure is OnFailure.WITHHOLD else Outcome.PASS
    if not judgement.flagged:
        return Outcome.PASS
    if classifier.on_finding is OnFinding.HIDE:
        placed = {span.label for span in judgement.spans}
        return Outcome.HIDE if placed and placed.issuperset(judgement.labels) else Outcome.BLOCK
    return Outcome(classifier.on_finding)


class Inquiry:
    def __init__(self) -> None:
        self._known: OrderedDict[Key, Judgement] = OrderedDict()
        self._waiting: dict[Key, Asked] = {}
        self._serial = 0

    def ask(
        self, classifiers: Iterable[Classifier], text: str, direction: str, subject: str, now: float
    ) -> list[Ask]:
        """One question for each classifier that has not been asked this yet."""
        asks = []
        for classifier in classifiers:
            key = (classifier, text, direction)
            if key in self._known or key in self._waiting or not text.strip():
                continue
            self._serial += 1
            question = Question(self._serial, classifier, text, direction)
            self._waiting[key] = Asked(question, subject, now + classifier.deadline + _GRACE)
            asks.append(Ask(question))
        return asks

    def answer(self, number: int, judgement: Judgement) -> Asked | None:
        """None for a question that nobody waits for any more."""
        for key, asked in self._waiting.items():
            if asked.question.number == number:
                del self._waiting[key]
                self._known[key] = judgement
                if len(self._known) > _MOST_KNOWN:
                    self._known.popitem(last=False)
                return asked
        return None

    @property
    def due_by(self) -> float | None:
        return min((asked.due_by for asked in self._waiting.values()), default=None)

    def overdue(self, now: float) -> list[Question]:
        return [asked.question for asked in self._waiting.values() if now >= asked.due_by]

    def is_judged(self, classifiers: Iterable[Classifier], text: str, direction: str) -> bool:
        return all((each, text, direction) not in self._waiting for each in classifiers)

    def verdict(self, classifiers: Iterable[Classifier], text: str, direction: str) -> Verdict:
        """What follows for ``text``. Fails closed: what should have been asked and was not is withheld."""
        verdict = Verdict()
        for classifier in classifiers if text.strip() else ():
            judgement = self._known.get((classifier, text, direction), UNASKED)
            match outcome(classifier, judgement):
                case Outcome.BLOCK:
                    verdict.blocked = True
                case Outcome.HIDE:
                    verdict.spans += judgement.spans
        return verdict
