"""The model's speech, gated with its transcript.

No event ties a sound to a word (measured: no timing in the protocol). Under HOLD every frame of a part waits until the
part's transcript is complete and clean. Under BOUNDED a frame may go as soon as the clean transcript is so long that no
voice could have said it all by the end of that frame.
"""

from __future__ import annotations

from collections import OrderedDict, deque
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

WAITS = frozenset({AudioPolicy.HOLD, AudioPolicy.BOUNDED})
"""Policies under which sound waits for its transcript."""

Part = tuple[str, int]


class Fate(Enum):
    WAITING = auto()
    CLEARED = auto()
    SILENCED = auto()


@dataclass(slots=True)
class Sound:
    """``held`` frames wait; ``passed`` counts base64 characters that were let go, ``played`` those that the client was
    given in the end; ``heard`` whether any frame came. ``covered`` is how many the clean transcript covers."""

    fate: Fate = Fate.WAITING
    held: deque[Event] = field(default_factory=deque)
    size: int = 0
    passed: int = 0
    played: int = 0
    covered: float = 0.0
    heard: bool = False
    response_id: object = None


def part_of(event: Event) -> Part:
    return str(event.get("item_id", "")), content_index_of(event)


def _length(event: Event) -> int:
    """Base64 characters."""
    return len(event["delta"]) if isinstance(event.get("delta"), str) else 0


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
        if not sound.heard:
            sound.heard, sound.response_id = True, event.get("response_id")
        elif sound.response_id != event.get("response_id"):
            return []  # an item that is used again: the transcript that cleared it was another one
        event = {key: event[key] for key in FRAME_KEYS if key in event}
        if sound.fate is Fate.SILENCED and policy is not AudioPolicy.DELIVER:
            return []
        if policy in WAITS and sound.fate is Fate.WAITING:
            return self._hold(sound, event)
        sound.passed += _length(event)
        return [event]

    def _hold(self, sound: Sound, event: Event) -> list[Event]:
        size = _length(event)
        if self._held + size > _MOST_HELD:
            self._drop(sound)
            return []
        sound.held.append(event)
        sound.size += size
        self._held += size
        return self._covered(sound)

    def cover(self, part: Part, milliseconds: float, bytes_per_ms: int) -> list[Event]:
        """The clean transcript is sure to hold all that is said in the first ``milliseconds``: frames that may go."""
        sound = self._sound(part)
        sound.covered = milliseconds * bytes_per_ms * 4 / 3
        return self._covered(sound) if sound.fate is Fate.WAITING else []

    def _covered(self, sound: Sound) -> list[Event]:
        released = []
        while (
            sound.held and sound.passed + _length(sound.held[0]) <= sound.covered and _length(sound.held[0])
        ):
            frame = sound.held.popleft()
            sound.passed += _length(frame)
            sound.size -= _length(frame)
            self._held -= _length(frame)
            released.append(frame)
        return released

    def _drop(self, sound: Sound) -> None:
        self._held -= sound.size
        sound.held, sound.size, sound.fate = deque(), 0, Fate.SILENCED

    def clear(self, part: Part) -> list[Event]:
        """The part's transcript is complete and clean: what was held may go."""
        sound = self._sound(part)
        if sound.fate is Fate.SILENCED:
            return []
        released, sound.fate = list(sound.held), Fate.CLEARED
        self._held -= sound.size
        sound.passed += sound.size
        sound.held, sound.size = deque(), 0
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

    def is_part_silenced(self, part: Part) -> bool:
        sound = self._sounds.get(part)
        return sound is not None and sound.fate is Fate.SILENCED

    def was_heard(self, part: Part) -> bool:
        sound = self._sounds.get(part)
        return sound is not None and sound.heard

    def silence_item(self, item_id: str) -> None:
        """The item is over: what still waits has no clean transcript and never will."""
        for part, sound in self._sounds.items():
            if part[0] == item_id and sound.fate is Fate.WAITING:
                self._drop(sound)

    def played(self, event: Event) -> None:
        """The frame went to the client: it may have waited, and been dropped, behind other things."""
        self._sound(part_of(event)).played += _length(event)

    def played_ms(self, part: Part, bytes_per_ms: int) -> int:
        """Milliseconds of sound given to the client so far; base64 carries 3 bytes in 4 characters."""
        sound = self._sounds.get(part)
        return 0 if sound is None else sound.played * 3 // 4 // bytes_per_ms
