"""Frames to objects and back. One strict reading, and only our own writing goes on.

JSON parsers disagree (measured, M10): on duplicate keys, ``NaN``, ``1e999``, lone surrogates, integers
beyond 2^53, byte order marks, deep nesting. What the guard reads as harmless, another parser could read as
something else. So whatever two parsers may read differently is refused, and received bytes are never
forwarded."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from guard.core.closing import EndReason
from guard.core.events import Treatment, text_field, treatment_of
from guard.core.refusal import Code, Refusal

MIB = 1024 * 1024

_LARGEST_INTEGER = 2**53 - 1
_MEDIA_EVENTS = frozenset({"input_audio_buffer.append", "conversation.item.create"})

# The closing quote is optional so that an unterminated string is one token too: else a frame of backslashes
# and quotes costs quadratic time.
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]|,', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """``rule`` names the strict rule that the text breaks, e.g. ``duplicate_key``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule.replace("_", " "))
        self.rule = rule


class ServerFault(Exception):
    """The provider sent something that is no event. ``rule`` as in ``Unreadable``."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"unreadable frame from the provider: {rule}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """Bytes of UTF-8. ``media_bytes`` is for the two events that carry sound and pictures in base64."""

    frame_bytes: int = MIB
    media_bytes: int = 4 * MIB


def _integer(digits: str) -> int:
    if digits == "-0":
        raise Unreadable("negative_zero")
    # Length first: int() of a number with thousands of digits is slow, then refused by Python itself.
    if len(digits) > 17 or abs(value := int(digits)) > _LARGEST_INTEGER:
        raise Unreadable("integer_range")
    return value


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Unreadable("non_finite")
    if value == 0 and digits.startswith("-"):
        raise Unreadable("negative_zero")
    return value


def _constant(_: str) -> Any:
    raise Unreadable("non_finite")


class StrictReader:
    """One way to read JSON: a text has exactly one meaning or none. Bounds: nesting, values in all, members
    of one object, characters of one key."""

    def __init__(
        self,
        *,
        depth: int = 32,
        values: int = 20_000,
        members: int = 1_000,
        key_chars: int = 256,
        integer: Callable[[str], Any] = _integer,
        real: Callable[[str], Any] = _real,
    ) -> None:
        self._depth, self._values, self._members, self._key_chars = depth, values, members, key_chars
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=integer, parse_float=real, parse_constant=_constant
        )

    def read(self, text: str) -> Any:
        """Raises ``Unreadable``."""
        if not text:
            raise Unreadable("empty")
        if text.startswith("\ufeff"):
            raise Unreadable("byte_order_mark")
        _check_encodable(text)
        check_shape(text, self._depth, self._values)
        try:
            value = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            raise Unreadable("trailing_bytes" if error.msg == "Extra data" else "malformed_json") from None
        if _SURROGATE.search(text):
            # Escapes that may pair up or not; only the decoded text tells.
            _check_encodable(json.dumps(value, ensure_ascii=False))
        return value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # Compared after decoding: "\u0074ype" is "type".
        members = dict(pairs)
        if len(members) != len(pairs):
            raise Unreadable("duplicate_key")
        if len(members) > self._members:
            raise Unreadable("too_many_members")
        if any(len(key) > self._key_chars for key in members):
            raise Unreadable("long_key")
        return members


def check_shape(text: str, most_depth: int, most_values: int) -> None:
    """Bounds nesting and number of values before any parser recurses. Raises ``Unreadable``."""
    # Cheap upper bounds first: most frames have fewer brackets and commas in all than they may nest.
    openings = text.count("{") + text.count("[")
    if openings <= most_depth and openings + text.count(",") <= most_values:
        return
    depth = values = 0
    for token in _TOKENS.finditer(text):
        match text[token.start()]:
            case "{" | "[":
                depth, values = depth + 1, values + 1
            case "}" | "]":
                depth -= 1
            case ",":
                values += 1
        if depth > most_depth:
            raise Unreadable("too_deep")
        if values > most_values:
            raise Unreadable("too_many_values")


def _check_encodable(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("lone_surrogate") from None


STRICT = StrictReader()


def _rejected(rule: str, end: EndReason = EndReason.BAD_FRAME) -> Refusal:
    message = f"The frame was rejected: {rule.replace('_', ' ')}."
    return Refusal(Code.FRAME_REJECTED, message, rule=rule, fatal=True, end=end)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def decode_client(frame: str | bytes, limits: FrameLimits = FrameLimits()) -> dict[str, Any]:
    """The event in a client's frame: an object whose ``type`` is a string.

    Raises ``Refusal``, always fatal: ``rule`` names what was broken, ``end`` is BAD_FRAME or TOO_LARGE.
    """
    if not isinstance(frame, str):
        raise _rejected("binary")
    if len(frame) > limits.media_bytes or (size := _size(frame)) > limits.media_bytes:
        raise _rejected("too_large", EndReason.TOO_LARGE)
    try:
        event = STRICT.read(frame)
    except Unreadable as error:
        raise _rejected(error.rule) from None
    _check_event(event)
    if size > limits.frame_bytes and event["type"] not in _MEDIA_EVENTS:
        raise _rejected("too_large", EndReason.TOO_LARGE)
    return dict(event)


def _check_event(event: object) -> None:
    if not isinstance(event, dict):
        raise _rejected("not_an_object")
    if "type" not in event:
        raise _rejected("type_missing")
    if not isinstance(event["type"], str):
        raise _rejected("type_not_a_string")


_server_decoder = msgspec.json.Decoder()
_SERVER_DEPTH = 64
_SERVER_VALUES = 500_000


def decode_server(frame: str | bytes, max_bytes: int = 32 * MIB) -> dict[str, Any]:
    """The event in a provider's frame. A retrieved item may hold minutes of sound, hence the large cap.

    Raises ``ServerFault``. Text and binary frames mean the same, as official clients read them.
    """
    if len(frame) > max_bytes:
        raise ServerFault("too_large")
    try:
        text = frame if isinstance(frame, str) else frame.decode()
        check_shape(text, _SERVER_DEPTH, _SERVER_VALUES)
        event = _decoded(text)
    except Unreadable as error:
        raise ServerFault(error.rule) from None
    except (ValueError, RecursionError):
        raise ServerFault("malformed_json") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ServerFault("not_an_event")
    return event


def _decoded(text: str) -> Any:
    """Raises ValueError. A delta may end between the halves of a UTF-16 pair, which the fast parser does not read."""
    try:
        return _server_decoder.decode(text)
    except msgspec.DecodeError:
        if not _SURROGATE.search(text):
            raise
    event = json.loads(text, parse_constant=_constant)
    if isinstance(event, dict) and treatment_of(str(event.get("type"))) in _GROWING:
        field = text_field(event["type"])  # its halves are joined with those of the next delta
        return {key: value if key == field else mended(value) for key, value in event.items()}
    return mended(event)


_GROWING = frozenset({Treatment.TEXT_DELTA, Treatment.ARGUMENTS_DELTA})
_HALF = re.compile("[\ud800-\udfff]")


def mended(value: Any) -> Any:
    """``value`` without halves of UTF-16 pairs: nothing could be sent on with one in it."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [mended(entry) for entry in value]
    if isinstance(value, dict):
        return {mended(key): mended(entry) for key, entry in value.items()}
    return value


_encoder = msgspec.json.Encoder()


def encode(event: dict[str, Any]) -> str:
    """Compact JSON of the object, members in its order. Raises ValueError for a lone surrogate."""
    return _encoder.encode(event).decode()
