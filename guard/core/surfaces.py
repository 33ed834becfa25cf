"""Whole-text redaction of an event: one walk over every string of it, whatever field it sits in.

The walk needs no list of text fields, so a field that the provider adds tomorrow, or Azure's second copy of a
content part, is covered today. The tables below only name what is *not* text.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any

from guard.core.commands import Event
from guard.core.redact import Hit, Operator, Redaction, Redactor

OPAQUE_KEYS = frozenset(
    {
        "type", "object", "role", "status", "phase", "format", "voice", "model", "name", "code",
        "param", "id", "event_id", "item_id", "previous_item_id", "response_id",
        "call_id", "conversation_id", "rule", "approval_request_id", "obfuscation",
    }
)  # fmt: skip
"""Values under these keys are identifiers or closed vocabularies, as long as they look like one."""

_IDENTIFIER = re.compile(r"[\w.:/\[\]-]{0,128}")
_PICTURE = re.compile(r"data:image/[a-z]{1,8};base64,[A-Za-z0-9+/=]*")

DROPPED_KEYS = frozenset({"logprobs"})
"""Token by token copies of a text, bytes included: they never go out beside a redacted one."""

PLAIN_KEYS = OPAQUE_KEYS | frozenset(
    {
        "item", "items", "part", "content", "text", "transcript", "audio", "arguments", "output",
        "response", "session", "error", "message", "usage", "metadata", "content_index",
        "output_index", "status_details", "reason", "delta", "image_url", "languages", "speaker",
        "start", "end", "audio_start_ms", "audio_end_ms", "output_modalities", "max_output_tokens",
        "total_tokens", "input_tokens", "output_tokens", "input_token_details", "seconds",
        "output_token_details", "text_tokens", "audio_tokens", "image_tokens", "cached_tokens",
        "conversation", "cached_tokens_details",
    }
)  # fmt: skip
"""Names of the protocol itself. Any other object key may have been chosen by a model or a user, so it is
text."""

FREE_KEYS = frozenset({"metadata"})
"""Objects of the protocol whose inside belongs to the user."""

_MAX_DEPTH = 40


class TooDeep(ValueError):
    """The provider nested an event deeper than any reader of ours should follow."""


def reveals(hits: tuple[Hit, ...] | list[Hit]) -> bool:
    """Whether something was hidden; a rule that only flags leaves the text as it was."""
    return any(hit.operator is not Operator.FLAG for hit in hits)


_LONG = 24
"""Characters. Reading so much with a whole catalogue of rules costs more than looking it up."""
_ENTRY = 200
"""What an entry costs beside its text."""


class Memo:
    """A text comes by in up to seven events, and is redacted once. Bounded by characters; one per session, so
    that no text outlives its conversation here."""

    def __init__(self, most: int = 512 * 1024) -> None:
        self._most = most
        self._known: OrderedDict[tuple[int, bool, str], tuple[Redactor, Redaction]] = OrderedDict()
        self._size = 0

    def whole(self, redactor: Redactor, text: str, cut: bool) -> Redaction:
        if len(text) < _LONG:
            return redactor.whole(text, cut=cut)
        key = (id(redactor), cut, text)  # the entry keeps the redactor, so its id stays its own
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key][1]
        redaction = redactor.whole(text, cut=cut)
        if len(text) <= self._most:
            self._remember(key, redactor, redaction)
        return redaction

    def _remember(self, key: tuple[int, bool, str], redactor: Redactor, redaction: Redaction) -> None:
        self._known[key] = (redactor, redaction)
        self._size += len(key[2]) + _ENTRY
        while self._size > self._most:
            (_, _, forgotten), _ = self._known.popitem(last=False)
            self._size -= len(forgotten) + _ENTRY


class Sound(Enum):
    """What may happen to the sound inside an item: never kept; kept where a whole, clean transcript stands beside
    it; kept where nothing beside it was hidden. A part without a transcript is not clean: nothing vouches for it."""

    NEVER = auto()
    VOUCHED = auto()
    UNHIDDEN = auto()


class Walk:
    """Redacts one JSON value. ``hits`` collects what was found, in the order met.

    ``cut``: the text may stop in mid-value, so a prefix that could still become a match is masked.
    ``sound``: what becomes of sound beside a transcript (a retrieved item carries its audio). ``is_users``: what a user
    said needs nobody to vouch for it.
    """

    def __init__(
        self,
        redactor: Redactor,
        *,
        cut: bool = False,
        sound: Sound = Sound.NEVER,
        memo: Memo | None = None,
        is_users: bool = False,
    ) -> None:
        self.redactor = redactor
        self.is_users = is_users
        self._memo = memo or Memo(0)
        self.cut = cut
        self.sound = sound
        self.hits: list[Hit] = []

    def text(self, text: str) -> str:
        redaction = self._memo.whole(self.redactor, text, self.cut)
        self.hits.extend(redaction.hits)
        return redaction.text

    def value(self, value: Any, *, free: bool = False, depth: int = 0) -> Any:
        """``free``: inside something that a user or a model shaped, where no key name vouches for its value."""
        if depth > _MAX_DEPTH:
            raise TooDeep(f"nested deeper than {_MAX_DEPTH}")
        if isinstance(value, str):
            return self.text(value)
        if free and isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value)
        if isinstance(value, dict):
            return self._object(value, free, depth)
        if isinstance(value, list):
            return [self.value(entry, free=free, depth=depth + 1) for entry in value]
        return value

    def _number(self, number: float) -> Any:
        """A card number needs no quotes."""
        before = len(self.hits)
        text = self.text(str(number))
        return text if reveals(self.hits[before:]) else number

    def _object(self, value: Mapping[str, Any], free: bool, depth: int) -> dict[str, Any]:
        before = len(self.hits)
        walked: dict[str, Any] = {}
        for key, entry in value.items():
            if key in DROPPED_KEYS or (key == "audio" and isinstance(entry, str)):
                continue
            if not free and isinstance(entry, str) and _is_opaque(key, entry):
                walked[key] = entry
                continue
            known = not free and key in PLAIN_KEYS
            inner = self.value(entry, free=not known or key in FREE_KEYS, depth=depth + 1)
            walked[key if known else self.text(key)] = inner
        if isinstance(value.get("audio"), str) and not reveals(self.hits[before:]) and self._may_sound(value):
            walked["audio"] = value["audio"]
        return walked

    def _may_sound(self, part: Mapping[str, Any]) -> bool:
        if self.sound is Sound.VOUCHED and not (self.is_users and part.get("type") == "input_audio"):
            transcript = part.get("transcript")
            return isinstance(transcript, str) and bool(transcript.strip()) and not self.cut
        return self.sound is not Sound.NEVER


def _is_opaque(key: str, entry: str) -> bool:
    """A picture is megabytes of base64 in which no rule could find anything but by chance."""
    if key == "image_url":
        return _PICTURE.fullmatch(entry) is not None
    return key in OPAQUE_KEYS and _IDENTIFIER.fullmatch(entry) is not None


def mentions(value: Any, keys: frozenset[str], depth: int = 0) -> bool:
    """Whether one of the keys occurs anywhere inside."""
    if depth > _MAX_DEPTH:
        return True
    if isinstance(value, dict):
        return not keys.isdisjoint(value) or any(mentions(entry, keys, depth + 1) for entry in value.values())
    return isinstance(value, list) and any(mentions(entry, keys, depth + 1) for entry in value)


def walk_event(
    event: Event, redactor: Redactor, *, skip: Callable[[str], bool] | None = None
) -> tuple[Event, list[Hit]]:
    """The event with every string redacted as a whole text, apart from top-level keys that ``skip`` names."""
    walk = Walk(redactor)
    kept = {key: value for key, value in event.items() if skip is not None and skip(key)}
    walked = walk.value({key: value for key, value in event.items() if key not in kept})
    return {**walked, **kept}, walk.hits


_PADDING = "sallyportsallyport"


def padding_for(delta: str) -> str:
    """A new ``obfuscation``: the provider pads ``delta`` to a multiple of 16, and the old padding would tell
    the length of what was redacted. Only its length matters, so it need not be random."""
    return _PADDING[: -len(delta) % 16]
