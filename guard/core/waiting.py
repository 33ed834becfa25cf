"""What is on its way to the client: texts as far as they have been shown, and events that wait for their turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from guard.core.classifier import Classifier, Timing
from guard.core.commands import Event
from guard.core.modeltexts import TextKey
from guard.core.windows import Windows


@dataclass(slots=True)
class Text:
    """One text as the client sees it. ``length``: characters shown. ``cut_at``: where it ended before its time."""

    classifiers: tuple[Classifier, ...]
    windows: Windows = field(default_factory=Windows)
    template: Event = field(default_factory=dict)
    length: int = 0
    cut_at: int | None = None
    stopped: bool = False
    ended: bool = False
    open: Entry | None = None

    @property
    def held(self) -> tuple[Classifier, ...]:
        return tuple(each for each in self.classifiers if each.timing is Timing.HELD)


@dataclass(slots=True)
class Entry:
    """An event that waits its turn. ``windows`` must have been judged (the first ``judged`` have been); for a delta
    (``key``) they are its text. ``is_open``: the rest of its sentence has not arrived, since ``since``. ``cuts``: the
    text ends here."""

    event: Event
    windows: list[str] = field(default_factory=list)
    classifiers: tuple[Classifier, ...] = ()
    key: TextKey | None = None
    is_open: bool = False
    since: float = 0.0
    cuts: bool = False
    judged: int = 0

    def end_here(self, token: str) -> None:
        """The text is cut where its next sentence would have stood."""
        self.windows, self.classifiers, self.is_open, self.cuts = [token], (), False, True

    @property
    def size(self) -> int:
        """Characters that it may keep in memory, more or less."""
        delta = self.event.get("delta")
        return len(delta) if isinstance(delta, str) else 1_000
