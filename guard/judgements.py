"""What is sent to a classifier and what its answer means, in both shapes. Pure.

Read strictly: an answer that is almost right may mean anything, so it is no judgement at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from guard.core.classifier import Classifier, Judgement, Question, Shape, Span

MAX_SPANS = 1_000
MAX_LABELS = 200

# Labels are recorded, so they are short, and PostgreSQL stores no zero character.
_Label = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
_Labels = Annotated[list[_Label], Meta(max_length=MAX_LABELS)]
_Scores = Annotated[dict[_Label, float], Meta(max_length=MAX_LABELS)]
_LONE_HALF = re.compile("[\ud800-\udfff]")


class NoJudgement(Exception):
    """``failure`` is a word of ``Judgement.failure``."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


class _Place(Struct):
    start: Annotated[int, Meta(ge=0)]
    end: int
    label: _Label


class _Plain(Struct):
    """Optional fields may be null: servers that are written with models of data send them so."""

    flagged: bool
    labels: _Labels | None = None
    scores: _Scores | None = None
    spans: Annotated[list[_Place], Meta(max_length=MAX_SPANS)] | None = None


class _Result(Struct):
    flagged: bool
    categories: Annotated[dict[_Label, bool], Meta(max_length=MAX_LABELS)]
    category_scores: _Scores


class _Moderation(Struct):
    results: Annotated[list[_Result], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What both shapes come down to: ``named`` are the labels that the endpoint itself holds true."""

    flagged: bool
    named: frozenset[str]
    scores: dict[str, float]
    spans: tuple[Span, ...] = ()


def body_of(question: Question) -> bytes:
    """The request. A lone half of a surrogate pair cannot be sent; one character in its place keeps offsets true."""
    classifier, text = question.classifier, _LONE_HALF.sub("\ufffd", question.text)
    if classifier.shape is Shape.PLAIN:
        body = {"text": text, "direction": question.direction, "classifier": classifier.name}
    else:
        body = {"input": text}
    return msgspec.json.encode(body | ({"model": classifier.model} if classifier.model else {}))


def judgement_of(question: Question, answer: bytes) -> Judgement:
    """Raises ``NoJudgement("shape")``."""
    try:
        finding = (
            _plain(question, answer) if question.classifier.shape is Shape.PLAIN else _moderation(answer)
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoJudgement("shape") from None
    return _judged(question.classifier, finding)


def _plain(question: Question, answer: bytes) -> _Finding:
    said = msgspec.json.decode(answer, type=_Plain)
    places = sorted(said.spans or (), key=lambda place: (place.start, place.end))
    if any(not place.start < place.end <= len(question.text) for place in places):
        raise NoJudgement("shape")
    return _Finding(
        flagged=said.flagged,
        named=frozenset(said.labels or ()) | {place.label for place in places},
        scores=said.scores or {},
        spans=tuple(Span(place.start, place.end, place.label) for place in places),
    )


def _moderation(answer: bytes) -> _Finding:
    result = msgspec.json.decode(answer, type=_Moderation).results[0]
    named = frozenset(label for label, is_true in result.categories.items() if is_true)
    return _Finding(flagged=result.flagged, named=named, scores=result.category_scores)


def _judged(classifier: Classifier, finding: _Finding) -> Judgement:
    """With labels or a threshold of our own they decide; without, or where the answer names no label to go by, the
    endpoint's own flag does."""
    labels = tuple(
        sorted(
            label for label in finding.named | finding.scores.keys() if _counts(label, classifier, finding)
        )
    )
    is_ours = bool(classifier.labels) or classifier.threshold is not None
    flagged = bool(labels) if is_ours and (finding.named or finding.scores) else finding.flagged
    if not flagged:
        return Judgement()
    return Judgement(True, labels, tuple(span for span in finding.spans if span.label in labels))


def _counts(label: str, classifier: Classifier, finding: _Finding) -> bool:
    """A label without a score counts when the endpoint names it: a missing number must not let a text pass."""
    if classifier.labels and label not in classifier.labels:
        return False
    if classifier.threshold is None or label not in finding.scores:
        return label in finding.named
    return finding.scores[label] >= classifier.threshold
