"""One value spelled over several items: eight digits of a card in one answer, eight in the next.

Each item is redacted by itself, so neither half is a find. Here the end of what was shown before is read together with
the beginning of the next text, joined with nothing and with a space, for as long as something that began before could
still become a find. That is over after a few characters, as a rule. Texts may grow side by side: then each is read
behind the others, whichever comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from guard.core.modeltexts import TextKey
from guard.core.redact import Operator, Redactor, Stream
from guard.core.redact.region import MARKS

_REACH = 256
"""Characters of the past that are looked at: the redactor holds no more either."""

_MOST_BESIDE = 8
"""Texts that grow side by side and are read together."""

_JOINTS = ("", " ")


@dataclass(slots=True)
class _Joint:
    """``past`` as it stands in front of a text; ``stream`` has read it and follows the text."""

    past: str
    redactor: Redactor
    stream: Stream
    read: str = ""

    def find(self, piece: str) -> str:
        """Name of the rule that finds a value from the past on into the text so far, "" if none does."""
        self.read += piece
        self.stream.push(piece)
        if self.is_alive:
            return _crossing(self.redactor, self.past, self.read)
        return _first(self.stream, self.past)

    @property
    def is_alive(self) -> bool:
        return self.stream.held > len(self.read)


@dataclass(slots=True)
class _Growing:
    """``head`` and ``tail`` of what has been shown of a text."""

    joints: list[_Joint]
    head: str = ""
    tail: str = ""

    def add(self, piece: str) -> None:
        self.head = (self.head + piece)[:_REACH] if len(self.head) < _REACH else self.head
        self.tail = (self.tail + piece)[-_REACH:]


@dataclass(slots=True)
class Spread:
    _past: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_JOINTS, ""))
    _growing: dict[TextKey, _Growing] = field(default_factory=dict)

    def push(self, key: TextKey, piece: str, redactor: Redactor) -> str:
        """Name of the rule whose value ``piece`` would complete, "" if it may be shown."""
        if not piece:
            return ""
        growing = self._growing.get(key)
        if growing is None:
            growing = self._growing[key] = _Growing(self._joints(redactor))
        growing.add(piece)
        found = next((rule for joint in growing.joints if (rule := joint.find(piece))), "")
        growing.joints = [joint for joint in growing.joints if joint.is_alive]
        return found or self._into_the_next(key, growing, redactor)

    def finish(self, key: TextKey) -> None:
        """The text is complete, and from now on a part of the past."""
        growing = self._growing.pop(key, None)
        if growing is None or not growing.tail:
            return
        for joint, past in self._past.items():
            self._past[joint] = (past + joint + growing.tail if past else growing.tail)[-_REACH:]

    def _joints(self, redactor: Redactor) -> list[_Joint]:
        pasts = [past + joint for joint, past in self._past.items() if past]
        beside = list(self._growing.values())[-_MOST_BESIDE:]
        pasts += [other.tail + joint for other in beside for joint in _JOINTS]
        joints = []
        for past in pasts:
            stream = redactor.stream()
            stream.push(past)
            joints.append(_Joint(past, redactor, stream))
        return [joint for joint in joints if joint.is_alive]

    def _into_the_next(self, key: TextKey, growing: _Growing, redactor: Redactor) -> str:
        """Whether the text goes on in another one that was begun before it had come so far."""
        for other in [each for at, each in self._growing.items() if at != key][-_MOST_BESIDE:]:
            for joint in _JOINTS:
                if rule := _crossing(redactor, growing.tail + joint, other.head):
                    return rule
        return ""


def _crossing(redactor: Redactor, past: str, text: str) -> str:
    stream = redactor.stream()
    stream.push(past + text)
    stream.finish()
    return _first(stream, past)


def _first(stream: Stream, past: str) -> str:
    """The first rule with a find that begins in ``past`` and ends behind it."""
    for hit in stream.hits:
        crosses = hit.start < len(past.rstrip()) and hit.end > len(past)
        if crosses and hit.operator is not Operator.FLAG and hit.rule not in MARKS.values():
            return hit.rule
    return ""
