"""Growing texts: every stream of deltas runs through its own redaction stream, and every later copy of the
same text is redacted under the same rules and the same ending, so that all copies agree to the letter.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from guard.core.commands import Event
from guard.core.events import text_field
from guard.core.redact import Hit, Redactor, Stream
from guard.core.surfaces import padding_for, reveals

_MOST = 4_096
"""Items remembered; the oldest one is forgotten past that, and what it still held back is never sent."""

DELTA_KEYS = (
    "type",
    "event_id",
    "response_id",
    "item_id",
    "output_index",
    "content_index",
    "obfuscation",
    "id",
    "start",
    "end",
)
"""What a delta event keeps. Anything else in it could be one more piece of a text, and no redactor would see the
pieces joined: it is dropped. The last three belong to segments of a transcription."""

_MOST_TEXTS = 64
"""Texts of one item."""

Slot = tuple[int, str]
"""(content_index, kind): a user's transcript and a model's text of one item are different texts."""


@dataclass(slots=True)
class Text:
    """One growing text. ``template`` is its last delta event without the delta. ``ended_cut`` is None while
    the text is open, afterwards whether it was cut off rather than completed. ``cleared`` counts the letters and
    digits that were let go: what a voice can say. ``digest`` is of all that was let go."""

    stream: Stream
    name: str
    template: Event = field(default_factory=dict)
    ended_cut: bool | None = None
    reported: int = 0
    cleared: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def let_go(self, released: str) -> str:
        self.cleared += sum(map(str.isalnum, released))
        self.digest.update(released.encode())
        return released

    def new_hits(self) -> list[Hit]:
        hits = list(self.stream.hits[self.reported :])
        self.reported += len(hits)
        return hits


@dataclass(slots=True)
class Item:
    """``redactor`` is pinned at the first sight of the item: an edit of the rules in mid-sentence must not
    make a copy differ from the deltas that went out."""

    redactor: Redactor
    texts: dict[Slot, Text] = field(default_factory=dict)

    def add(self, slot: Slot, text: Text) -> Text:
        if len(self.texts) >= _MOST_TEXTS:
            raise OverflowError("too many texts in one item")
        self.texts[slot] = text
        return text


@dataclass(slots=True)
class Grown:
    """What came of a push or an end: events to deliver, hits to record, and whether a rule now blocks the
    rest."""

    events: list[Event] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    blocked: bool = False

    def add(self, other: Grown) -> None:
        self.events += other.events
        self.hits += other.hits


def content_index_of(event: Event) -> int:
    index = event.get("content_index")
    return index if isinstance(index, int) else 0


def _field(slot: Slot) -> tuple[bool, bool, bool]:
    kind = slot[1]
    return kind.startswith("response."), "transcript" in kind, kind.endswith("segment")


def _is_transcript(slot: Slot) -> bool:
    """Of what the model says, not of what it heard."""
    return _field(slot) == (True, True, False)


def slot_of(event: Event) -> Slot:
    kind, _, last = str(event["type"]).rpartition(".")
    return content_index_of(event), f"{kind}.segment" if last == "segment" else kind


class Texts:
    """All texts of a session, by item."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, Item] = OrderedDict()
        self._open: dict[str, None] = {}

    def redactor_for(self, item_id: str, current: Redactor) -> Redactor:
        return self._item(item_id, current).redactor if item_id else current

    def _item(self, item_id: str, current: Redactor) -> Item:
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = Item(current)
            if len(self._items) > _MOST:
                forgotten, _ = self._items.popitem(last=False)
                self._open.pop(forgotten, None)
        return item

    def push(self, event: Event, current: Redactor) -> Grown:
        """One delta in, at most one delta out. Raises TypeError for a delta that is no string."""
        name = text_field(str(event["type"]))
        delta = event.get(name, "")
        if not isinstance(delta, str):
            raise TypeError(f"{event['type']}.{name} is not a string")
        item_id = str(event.get("item_id", ""))
        item = self._item(item_id, current)
        text = item.texts.get(slot_of(event))
        if text is None:
            text = item.add(slot_of(event), Text(item.redactor.stream(), name))
        if text.ended_cut is not None:
            return Grown()  # a delta after the text was done: no copy of it will ever be checked
        self._open[item_id] = None
        text.template = {key: event[key] for key in DELTA_KEYS if key in event and key != name}
        released = text.let_go(text.stream.push(delta))
        return Grown(_delta(text, released), text.new_hits(), text.stream.blocked)

    def absorb(self, event: Event, whole: str, current: Redactor, *, cut: bool) -> Grown:
        """A text that arrives whole, without deltas: nothing to deliver, but its hits count like any other's."""
        item = self._item(str(event.get("item_id", "")), current)
        text = item.add(slot_of(event), Text(item.redactor.stream(), "", ended_cut=cut))
        text.stream.push(whole)
        if cut:
            text.stream.cut()
        else:
            text.stream.finish()
        return Grown(hits=text.new_hits(), blocked=text.stream.blocked)

    def finish(
        self, item_id: str, *, cut: bool, slot: Slot | None = None, index: int | None = None, kinds: str = ""
    ) -> Grown:
        """Ends the item's open texts (only the ``slot``, or those of one content ``index``, or of kinds that
        begin with ``kinds``): their tails, each as one more delta, masked where ``cut``."""
        grown = Grown()
        item = self._items.get(item_id)
        if item is None:
            return grown
        for key, text in item.texts.items():
            wanted = slot in (None, key) and index in (None, key[0]) and key[1].startswith(kinds)
            if wanted and text.ended_cut is None:
                text.ended_cut = cut
                tail = text.let_go(text.stream.cut() if cut else text.stream.finish())
                grown.add(Grown(_delta(text, tail), text.new_hits()))
        if all(text.ended_cut is not None for text in item.texts.values()):
            self._open.pop(item_id, None)
        return grown

    def was_cut(self, item_id: str, index: int | None = None) -> bool | None:
        """How the texts of the item, or of one part of it, ended; None when none has."""
        item = self._items.get(item_id)
        endings = [
            text.ended_cut
            for slot, text in (item.texts.items() if item else ())
            if text.ended_cut is not None and index in (None, slot[0])
        ]
        return any(endings) if endings else None

    def is_open(self, item_id: str, index: int | None = None) -> bool:
        if index is None or item_id not in self._open:
            return item_id in self._open
        return any(text.ended_cut is None for text in self._of_part(item_id, index).values())

    def is_clean(self, item_id: str, index: int) -> bool:
        """Whether this content part has a transcript of the model, complete, and nothing was hidden in any text of it.
        No transcript is not clean: nothing vouches for the sound."""
        texts = self._of_part(item_id, index)
        spoken = any(_is_transcript(slot) for slot in texts)
        return spoken and all(t.ended_cut is False and not reveals(t.stream.hits) for t in texts.values())

    def cleared(self, item_id: str, index: int) -> int:
        """Letters and digits of the part's transcript that are clean and out, 0 once anything in the part was
        hidden."""
        texts = self._of_part(item_id, index)
        if any(reveals(text.stream.hits) for text in texts.values()):
            return 0
        return min((text.cleared for slot, text in texts.items() if _is_transcript(slot)), default=0)

    def is_copy(self, item_id: str, index: int, shown: str) -> bool:
        """Whether ``shown`` is what the deltas of the part's transcript have shown, to the letter."""
        digest = hashlib.sha256(shown.encode()).digest()
        texts = self._of_part(item_id, index)
        return any(_is_transcript(slot) and text.digest.digest() == digest for slot, text in texts.items())

    def _of_part(self, item_id: str, index: int) -> dict[Slot, Text]:
        item = self._items.get(item_id)
        return {slot: text for slot, text in item.texts.items() if slot[0] == index} if item else {}

    def is_second(self, item_id: str, slot: Slot) -> bool:
        """Whether the part has this text already, under the other name of its kind: ``response.text`` beside
        ``response.output_text``. Two of them would be told apart nowhere."""
        texts = self._of_part(item_id, slot[0])
        return slot not in texts and any(_field(slot) == _field(other) for other in texts)

    def has(self, item_id: str, slot: Slot) -> bool:
        item = self._items.get(item_id)
        return item is not None and slot in item.texts

    def open_items(self, response_id: str | None = None) -> list[str]:
        """Items with an open text, all or only those of a response."""
        if response_id is None:
            return list(self._open)
        return [i for i in self._open if _belongs(self._items[i], response_id)]


def _belongs(item: Item, response_id: str) -> bool:
    return any(text.template.get("response_id") == response_id for text in item.texts.values())


def _delta(text: Text, released: str) -> list[Event]:
    if not released:
        return []
    event: Event = {**text.template, text.name: released}
    if "obfuscation" in event:
        event["obfuscation"] = padding_for(released)
    return [event]
