"""The eleven official events that a client may send, and one of ours. Everything else has no meaning here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from guard.core.item_shapes import ConversationItem, ResponseParams
from guard.core.refusal import Code, Refusal, invalid, unknown
from guard.core.shapes import OWN_PREFIX, Count, Id, OwnableId, Session, Shape, base64_length

AUDIO_BYTES = 3 * 1024 * 1024
"""Decoded sound in one append; 65 s of PCM16."""


class Event(Shape):
    event_id: OwnableId | UnsetType = UNSET


class SessionUpdate(Event, tag="session.update", kw_only=True):
    session: Session


class InputAudioBufferAppend(Event, tag="input_audio_buffer.append", kw_only=True):
    audio: str


class InputAudioBufferCommit(Event, tag="input_audio_buffer.commit"):
    pass


class InputAudioBufferClear(Event, tag="input_audio_buffer.clear"):
    pass


class OutputAudioBufferClear(Event, tag="output_audio_buffer.clear"):
    pass


class ConversationItemCreate(Event, tag="conversation.item.create", kw_only=True):
    item: ConversationItem
    previous_item_id: Id | UnsetType | None = UNSET


class ConversationItemRetrieve(Event, tag="conversation.item.retrieve", kw_only=True):
    item_id: Id


class ConversationItemTruncate(Event, tag="conversation.item.truncate", kw_only=True):
    item_id: Id
    content_index: Count
    audio_end_ms: Count


class ConversationItemDelete(Event, tag="conversation.item.delete", kw_only=True):
    item_id: Id


class ResponseCreate(Event, tag="response.create", kw_only=True):
    response: ResponseParams | UnsetType = UNSET


class ResponseCancel(Event, tag="response.cancel", kw_only=True):
    response_id: Id | UnsetType = UNSET


class Reauthenticate(Event, tag="sallyport.reauthenticate", kw_only=True):
    """Ours: a fresh ticket for this very session. It is for us alone, and goes nowhere."""

    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


ClientEvent = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | OutputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
)

_EVENTS: tuple[type[ClientEvent], ...] = (
    SessionUpdate,
    InputAudioBufferAppend,
    InputAudioBufferCommit,
    InputAudioBufferClear,
    OutputAudioBufferClear,
    ConversationItemCreate,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    ConversationItemDelete,
    ResponseCreate,
    ResponseCancel,
)

CLIENT_EVENTS: dict[str, type[ClientEvent]] = {str(event.__struct_config__.tag): event for event in _EVENTS}
_KNOWN: dict[str, type[ClientEvent | Reauthenticate]] = {
    **CLIENT_EVENTS,
    str(Reauthenticate.__struct_config__.tag): Reauthenticate,
}

for _shape in (Session, *_KNOWN.values()):
    # msgspec looks into a type when it is used for the first time. Two threads that do so at once end the process with
    # a segmentation fault (measured, 0.22): a mint in one, a long frame in another. So each is looked into here.
    msgspec.json.Decoder(_shape)


def parse(event: Mapping[str, Any]) -> ClientEvent | Reauthenticate:
    """A decoded frame as one of these events. Raises ``Refusal``, never a fatal one.

    ``rule`` is ``unknown_type`` for a type that no client may send.
    """
    shape: type[ClientEvent | Reauthenticate] | None = _KNOWN.get(event["type"])
    if shape is None:
        raise Refusal(Code.INVALID_EVENT, "Unknown event type.", "type", rule="unknown_type")
    try:
        parsed = msgspec.convert(event, shape)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), "") from None
    if isinstance(parsed, InputAudioBufferAppend):
        check_audio(parsed.audio, "audio", AUDIO_BYTES)
    return parsed


def parse_session(session: object) -> dict[str, Any]:
    """The ``session`` of a REST body, checked like that of a ``session.update``. Raises ``Refusal``."""
    try:
        return to_dict(msgspec.convert(session, Session))
    except msgspec.ValidationError as error:
        raise _refusal(str(error), "session") from None


def to_dict(shape: Shape) -> dict[str, Any]:
    """The JSON object again: absent fields stay absent, null stays null."""
    plain: dict[str, Any] = msgspec.to_builtins(shape)
    return plain


def check_audio(audio: str, param: str, most: int) -> None:
    """Raises ``Refusal`` unless ``audio`` is strict base64 of 1 to ``most`` bytes."""
    try:
        length = base64_length(audio)
    except ValueError:
        raise invalid(param, "base64") from None
    if not 1 <= length <= most:
        raise invalid(param, f"1 to {most} bytes of audio")


# -- msgspec's sentences to official codes; tests pin the sentences

_PLACE = re.compile(r"(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`)?\Z", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>\w+)`")
_EXPECTED = re.compile(r"Expected (?P<what>.*)", re.DOTALL)
_KEYS = ("ek_", "sp_", "sk-", "sk_")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def _refusal(sentence: str, root: str) -> Refusal:
    place = _PLACE.search(sentence)
    path = (root + (place["path"] if place and place["path"] else "")).replace("[...]", "").lstrip(".")
    head = sentence[: place.start()] if place else sentence
    if found := _UNKNOWN.fullmatch(head):
        return _unknown_field(path, found["field"])
    if found := _MISSING.fullmatch(head):
        param = _join(path, found["field"])
        return Refusal(Code.MISSING_REQUIRED_PARAMETER, f"Missing required parameter: '{param}'.", param)
    found = _EXPECTED.fullmatch(head)
    return invalid(path or "event", _sentence(found["what"]) if found else "")


def _sentence(expected: str) -> str:
    # Ids are the only strings with a pattern, and a pattern is no sentence.
    if "matching regex" in expected:
        ours = f"{OWN_PREFIX} or item_{OWN_PREFIX}"
        return f"an id of 1 to 512 printable ASCII characters that does not begin with {ours}"
    return expected.replace("`", "")


def _unknown_field(path: str, name: str) -> Refusal:
    # The name is the client's: repeated only when it can do no harm in a log line, and is no key in the wrong place.
    if _PLAIN_NAME.fullmatch(name) and not name.lower().startswith(_KEYS):
        return unknown(_join(path, name))
    return Refusal(Code.UNKNOWN_PARAMETER, f"Unknown parameter in '{path or 'event'}'.", path or None)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
