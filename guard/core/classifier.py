"""Asking somebody else about a text: names, addresses, tone, whatever no pattern can tell.

The core only states questions and takes judgements; ``guard.classifiers`` asks over HTTP. A text is asked about after
the redactor has done its work, so no hidden value ever leaves with a question.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Shape(StrEnum):
    """PLAIN: ``{"text", "direction", "classifier"}`` in, ``{"flagged", "labels", "scores", "spans"}`` out.
    MODERATION: the request and answer of OpenAI's ``/v1/moderations``."""

    PLAIN = "plain"
    MODERATION = "moderation"


class Timing(StrEnum):
    """HELD: a sentence waits for its judgement. FLOWING: nothing waits, a finding stops the rest."""

    HELD = "held"
    FLOWING = "flowing"


class OnFinding(StrEnum):
    """BLOCK: cut the text there. HIDE: hide the named places, BLOCK where none is named. FLAG: only record."""

    BLOCK = "block"
    HIDE = "hide"
    FLAG = "flag"


class OnFailure(StrEnum):
    """What becomes of a text that could not be judged."""

    WITHHOLD = "withhold"
    PASS = "pass"  # noqa: S105  (an outcome, not a password)


@dataclass(frozen=True, slots=True)
class Classifier:
    """``deadline`` in seconds. ``labels`` that count, all when empty; ``threshold`` is the least score of one that
    counts, None for whatever the endpoint flags itself."""

    name: str
    url: str
    shape: Shape = Shape.PLAIN
    model: str = ""
    labels: frozenset[str] = frozenset()
    threshold: float | None = None
    timing: Timing = Timing.HELD
    on_finding: OnFinding = OnFinding.BLOCK
    on_failure: OnFailure = OnFailure.WITHHOLD
    deadline: float = 0.8

    def __hash__(self) -> int:
        """Of what tells most of them apart: judgements are looked up by classifier for every sentence."""
        return hash((self.name, self.url))


@dataclass(frozen=True, slots=True)
class Question:
    """``number`` is the session's own, for the answer. ``direction``: ``to_client`` or ``to_model``."""

    number: int
    classifier: Classifier
    text: str
    direction: str


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` up to ``end`` of the text asked about."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """``labels`` are those that count. ``failure`` says in a word why there is no judgement: ``timeout``, ``status``,
    ``shape``, ``connection``, ``circuit_open``."""

    flagged: bool = False
    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    failure: str = ""
