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

_MOST_ITEMS = 4_096
_MOST_OF_RESPONSE = 64

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
    """``overflowed``: the last frame offered was one too many to hold, and its part is silent from then on."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, dict[int, Sound]] = OrderedDict()
        self._held = 0
        self.overflowed = False

    def _sound(self, part: Part) -> Sound:
        sounds = self._items.setdefault(part[0], {})
        if len(self._items) > _MOST_ITEMS:
            _, forgotten = self._items.popitem(last=False)
            self._held -= sum(sound.size for sound in forgotten.values())
        return sounds.setdefault(part[1], Sound())

    def _known(self, part: Part) -> Sound | None:
        return self._items.get(part[0], {}).get(part[1])

    def offer(self, event: Event, policy: AudioPolicy) -> list[Event]:
        """A frame of sound, or the end of one; the frames that may be delivered now."""
        self.overflowed = False
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
        sound.held.append(event)  # behind what another policy may have held
        sound.size += _length(event)
        self._held += _length(event)
        return self._release(sound, len(sound.held))

    def _hold(self, sound: Sound, event: Event) -> list[Event]:
        if self._held + _length(event) > _MOST_HELD:
            self.overflowed = True
            self._drop(sound)
            return []
        sound.held.append(event)
        sound.size += _length(event)
        self._held += _length(event)
        return self._covered(sound)

    def cover(self, part: Part, milliseconds: float, bytes_per_ms: int) -> list[Event]:
        """The clean transcript is sure to hold all that is said in the first ``milliseconds``: frames that may go."""
        sound = self._sound(part)
        sound.covered = milliseconds * bytes_per_ms * 4 / 3
        return self._covered(sound) if sound.fate is Fate.WAITING else []

    def _covered(self, sound: Sound) -> list[Event]:
        count, passed = 0, sound.passed
        for frame in sound.held:
            passed += _length(frame)
            if passed > sound.covered or not _length(frame):
                break
            count += 1
        return self._release(sound, count)

    def _release(self, sound: Sound, count: int) -> list[Event]:
        released = [sound.held.popleft() for _ in range(count)]
        size = sum(map(_length, released))
        sound.passed += size
        sound.size -= size
        self._held -= size
        return released

    def _drop(self, sound: Sound) -> None:
        self._held -= sound.size
        sound.held, sound.size, sound.fate = deque(), 0, Fate.SILENCED

    def clear(self, part: Part) -> list[Event]:
        """The part's transcript is complete and clean: what was held may go."""
        sound = self._sound(part)
        if sound.fate is Fate.SILENCED:
            return []
        sound.fate = Fate.CLEARED
        return self._release(sound, len(sound.held))

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
            at
            for at, sound in self._items.get(item_id, {}).items()
            if index in (None, at) and sound.fate is Fate.WAITING
        ]

    def is_silenced(self, item_id: str) -> bool:
        return any(sound.fate is Fate.SILENCED for sound in self._items.get(item_id, {}).values())

    def is_part_silenced(self, part: Part) -> bool:
        sound = self._known(part)
        return sound is not None and sound.fate is Fate.SILENCED

    def was_heard(self, part: Part) -> bool:
        sound = self._known(part)
        return sound is not None and sound.heard

    def silence_item(self, item_id: str) -> None:
        """The item is over: what still waits has no clean transcript and never will."""
        for sound in self._items.get(item_id, {}).values():
            if sound.fate is Fate.WAITING:
                self._drop(sound)

    def silence_response(self, response_id: str) -> None:
        """The same for every sound of a response, also of items that its end does not name. New ones are the last."""
        for item_id in list(self._items)[-_MOST_OF_RESPONSE:]:
            for sound in self._items[item_id].values():
                if sound.response_id == response_id and sound.fate is Fate.WAITING:
                    self._drop(sound)

    def played(self, event: Event) -> None:
        """The frame went to the client: it may have waited, and been dropped, behind other things."""
        self._sound(part_of(event)).played += _length(event)

    def played_ms(self, part: Part, bytes_per_ms: int) -> int:
        """Milliseconds of sound given to the client so far; base64 carries 3 bytes in 4 characters."""
        sound = self._known(part)
        return 0 if sound is None else sound.played * 3 // 4 // bytes_per_ms
