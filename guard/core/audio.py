"""The model's speech, gated with its transcript.

No event ties a sound to a word (measured: no timing in the protocol), so a content part is released whole or
not at all. Under HOLD every frame of a part waits until the part's transcript is complete and clean.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from guard.core.commands import Event
from guard.core.policy import AudioPolicy
from guard.core.texts import content_index_of

_MOST_HELD = 32 * 1024 * 1024
"""Base64 characters held for a session, about eight minutes of PCM16; beyond that the part stays silent."""

_MOST_PARTS = 4_096

FRAME_KEYS = ("type", "event_id", "response_id", "item_id", "output_index", "content_index", "delta")
"""What a frame of sound keeps: text that rides along would go past the redactor."""

Part = tuple[str, int]


class Fate(Enum):
    WAITING = auto()
    CLEARED = auto()
    SILENCED = auto()


@dataclass(slots=True)
class Sound:
    """``held`` frames wait; ``passed`` counts base64 characters that went out; ``heard`` whether any frame
    came."""

    fate: Fate = Fate.WAITING
    held: list[Event] = field(default_factory=list)
    size: int = 0
    passed: int = 0
    heard: bool = False


def part_of(event: Event) -> Part:
    return str(event.get("item_id", "")), content_index_of(event)


class AudioGate:
    def __init__(self) -> None:
        self._sounds: OrderedDict[Part, Sound] = OrderedDict()
        self._held = 0

    def _sound(self, part: Part) -> Sound:
        sound = self._sounds.setdefault(part, Sound())
        if len(self._sounds) > _MOST_PARTS:
            _, forgotten = self._sounds.popitem(last=False)
            self._held -= forgotten.size
        return sound

    def offer(self, event: Event, policy: AudioPolicy) -> list[Event]:
        """A frame of sound, or the end of one; the frames that may be delivered now."""
        if policy is AudioPolicy.TEXT_ONLY:
            return []
        sound = self._sound(part_of(event))
        sound.heard = True
        event = {key: event[key] for key in FRAME_KEYS if key in event}
        size = len(event["delta"]) if isinstance(event.get("delta"), str) else 0
        if sound.fate is Fate.SILENCED and policy is not AudioPolicy.DELIVER:
            return []
        if policy is AudioPolicy.HOLD and sound.fate is Fate.WAITING:
            return self._hold(sound, event, size)
        sound.passed += size
        return [event]

    def _hold(self, sound: Sound, event: Event, size: int) -> list[Event]:
        if self._held + size > _MOST_HELD:
            self._drop(sound)
            return []
        sound.held.append(event)
        sound.size += size
        self._held += size
        return []

    def _drop(self, sound: Sound) -> None:
        self._held -= sound.size
        sound.held, sound.size, sound.fate = [], 0, Fate.SILENCED

    def clear(self, part: Part) -> list[Event]:
        """The part's transcript is complete and clean: what was held may go."""
        sound = self._sound(part)
        if sound.fate is Fate.SILENCED:
            return []
        released, sound.fate = sound.held, Fate.CLEARED
        self._held -= sound.size
        sound.passed += sound.size
        sound.held, sound.size = [], 0
        return released

    def silence(self, part: Part) -> bool:
        """Something in the part's transcript was hidden. True when this is news."""
        sound = self._sound(part)
        if sound.fate is Fate.SILENCED:
            return False
        self._drop(sound)
        return True

    def waiting(self, item_id: str, index: int | None = None) -> list[int]:
        """Content indices of the item whose sound still waits."""
        return [
            part[1]
            for part, sound in self._sounds.items()
            if part[0] == item_id and index in (None, part[1]) and sound.fate is Fate.WAITING
        ]

    def is_silenced(self, item_id: str) -> bool:
        return any(part[0] == item_id and sound.fate is Fate.SILENCED for part, sound in self._sounds.items())

    def was_heard(self, part: Part) -> bool:
        sound = self._sounds.get(part)
        return sound is not None and sound.heard

    def silence_item(self, item_id: str) -> None:
        """The item is over: what still waits has no clean transcript and never will."""
        for part, sound in self._sounds.items():
            if part[0] == item_id and sound.fate is Fate.WAITING:
                self._drop(sound)

    def passed_ms(self, part: Part, bytes_per_ms: int = 48) -> int:
        """Milliseconds of sound delivered so far. PCM16 at 24 kHz mono is 48 bytes/ms; base64 carries 3 bytes
        in 4."""
        sound = self._sounds.get(part)
        return 0 if sound is None else sound.passed * 3 // 4 // bytes_per_ms
