"""One turn of the user under gated turns, from the end of its sound to its judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from guard.core.classifier import Classifier

PATIENCE = 15.0
"""Seconds that a transcript may take, and then the deletion of a turn. Speech recognition takes a few hundred ms."""


class Stage(Enum):
    UNHEARD = auto()  # no transcript yet
    HEARD = auto()  # the classifiers have it
    REFUSED = auto()  # its deletion is under way


@dataclass(slots=True)
class Turn:
    """``wants_answer``: the provider would have answered by itself."""

    item_id: str
    began: float
    wants_answer: bool
    stage: Stage = Stage.UNHEARD
    transcript: str = ""
    classifiers: tuple[Classifier, ...] = ()
    due_by: float = field(init=False)

    def __post_init__(self) -> None:
        self.due_by = self.began + PATIENCE

    def heard(self, transcript: str, classifiers: tuple[Classifier, ...]) -> None:
        self.stage, self.transcript, self.classifiers = Stage.HEARD, transcript, classifiers

    def refused(self, now: float) -> None:
        self.stage, self.due_by = Stage.REFUSED, now + PATIENCE
