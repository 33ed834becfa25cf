"""One value spelled over several items: eight digits of a card in one answer, eight in the next.

Each item is redacted by itself, so neither half is a find. Here the end of what was shown before is read together with
the beginning of the next text, joined with nothing and with a space, for as long as something that began before could
still become a find. That is over after a few characters, as a rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from guard.core.modeltexts import TextKey
from guard.core.redact import Operator, Redactor, Stream
from guard.core.redact.region import MARKS

_REACH = 256
"""Characters of the past that are looked at: the redactor holds no more either."""

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
        hits = self.stream.hits
        if self.is_alive:
            hits = list(self.redactor.whole(self.past + self.read).hits)
        for hit in hits:
            crosses = hit.start < len(self.past.rstrip()) and hit.end > len(self.past)
            if crosses and hit.operator is not Operator.FLAG and hit.rule not in MARKS.values():
                return hit.rule
        return ""

    @property
    def is_alive(self) -> bool:
        return self.stream.held > len(self.read)


@dataclass(slots=True)
class _Growing:
    joints: list[_Joint]
    recent: str = ""


@dataclass(slots=True)
class Spread:
    _past: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_JOINTS, ""))
    _growing: dict[TextKey, _Growing] = field(default_factory=dict)

    def push(self, key: TextKey, piece: str, redactor: Redactor) -> str:
        """Name of the rule whose value ``piece`` would complete, "" if it may be shown."""
        growing = self._growing.get(key)
        if growing is None:
            growing = self._growing[key] = _Growing(self._joints(redactor))
        growing.recent = (growing.recent + piece)[-_REACH:]
        if not growing.joints:
            return ""
        found = next((rule for joint in growing.joints if (rule := joint.find(piece))), "")
        growing.joints = [joint for joint in growing.joints if joint.is_alive]
        return found

    def finish(self, key: TextKey) -> None:
        """The text is complete, and from now on a part of the past."""
        growing = self._growing.pop(key, None)
        if growing is None or not growing.recent:
            return
        for joint, past in self._past.items():
            self._past[joint] = (past + joint + growing.recent if past else growing.recent)[-_REACH:]

    def _joints(self, redactor: Redactor) -> list[_Joint]:
        joints = []
        for joint, past in self._past.items():
            if past:
                stream = redactor.stream()
                stream.push(past + joint)
                joints.append(_Joint(past + joint, redactor, stream))
        return [joint for joint in joints if joint.is_alive]
