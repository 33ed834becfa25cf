"""What classifiers have been asked in a session, and what they said.

The answer belongs to the text, not to the event that brought it: the same sentence in seven events is one question,
and every copy of it is shown by the same judgement.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from guard.core.classifier import Classifier, Judgement, OnFailure, OnFinding, Question, Span
from guard.core.commands import Ask

_MOST_KNOWN = 8_192
_GRACE = 1.0
"""Seconds beyond a classifier's deadline: whoever asks should have given up by itself, but nothing waits for ever."""

_MOST_WAITING = 512
"""Questions at a time. A frame full of sentences must not become as many requests."""
_SHORT = 64

Key = tuple[Classifier, str | bytes, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """``subject``: the item that was the first to be asked about, for the record."""

    question: Question
    subject: str
    due_by: float


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
        self._waiting: dict[int, Asked] = {}
        self._numbers: dict[Key, int] = {}
        self._serial = 0

    def ask(
        self, classifiers: Iterable[Classifier], text: str, direction: str, subject: str, now: float
    ) -> list[Ask]:
        """One question for each classifier that has not been asked this yet. What would be one too many is not asked,
        and so withheld."""
        asks = []
        for classifier in classifiers if text.strip() else ():
            key = _key(classifier, text, direction)
            if key in self._known or key in self._numbers or len(self._waiting) >= _MOST_WAITING:
                continue
            self._serial += 1
            question = Question(self._serial, classifier, text, direction)
            self._waiting[self._serial] = Asked(question, subject, now + classifier.deadline + _GRACE)
            self._numbers[key] = self._serial
            asks.append(Ask(question))
        return asks

    def answer(self, number: int, judgement: Judgement) -> Asked | None:
        """None for a question that nobody waits for any more."""
        asked = self._waiting.pop(number, None)
        if asked is None:
            return None
        key = _key(asked.question.classifier, asked.question.text, asked.question.direction)
        del self._numbers[key]
        self._known[key] = judgement
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return asked

    @property
    def due_by(self) -> float | None:
        return min((asked.due_by for asked in self._waiting.values()), default=None)

    def overdue(self, now: float) -> list[Question]:
        return [asked.question for asked in self._waiting.values() if now >= asked.due_by]

    def is_judged(self, classifiers: Iterable[Classifier], text: str, direction: str) -> bool:
        return not self._waiting or all(
            _key(each, text, direction) not in self._numbers for each in classifiers
        )

    def verdict(self, classifiers: Iterable[Classifier], text: str, direction: str) -> Verdict:
        """What follows for ``text``. What should have been judged and was not is withheld, whatever may fail openly."""
        verdict = Verdict()
        for classifier in classifiers if text.strip() else ():
            judgement = self._known.get(_key(classifier, text, direction))
            found = Outcome.BLOCK if judgement is None else outcome(classifier, judgement)
            if found is Outcome.BLOCK:
                verdict.blocked = True
            elif judgement is not None and found is Outcome.HIDE:
                verdict.spans += judgement.spans
        return verdict


def _key(classifier: Classifier, text: str, direction: str) -> Key:
    """Long texts by their digest: what has been judged is remembered, what was said is not."""
    return (
        classifier,
        text if len(text) <= _SHORT else hashlib.sha256(text.encode(errors="replace")).digest(),
        direction,
    )
