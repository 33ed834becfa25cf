"""Reads a JSON document while it is still arriving, as strictly as ``frames.STRICT`` reads a whole one."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Protocol

from guard.core.frames import STRICT, Unreadable

# The bounds of ``STRICT``, to the letter: what it would refuse when whole must not be believed half-way.
DEPTH = 32
VALUES = 20_000
MEMBERS = 1_000
KEY_CHARS = 256

_SPACE = re.compile(r"[ \t\n\r]+")
_SCALAR = re.compile(r"[-+.0-9A-Za-z]+")
_BEHIND_SCALAR = " \t\n\r,]}"
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]+')
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Sink(Protocol):
    """Is told of the document, part by part, in order."""

    def mark(self, mark: str) -> None:
        """One of ``{ } [ ] , :``."""

    def key(self, key: str) -> None:
        """The whole name of a member."""

    def scalar(self, value: float | bool | None) -> None: ...

    def begin_string(self) -> None: ...

    def piece(self, text: str) -> None:
        """More of the string, decoded."""

    def end_string(self) -> None: ...


Reading = Generator[None, None, None]
"""A part of the document being read; yields where the text at hand is used up."""
Finding = Generator[None, None, str]


class GrowingJson:
    """``feed`` every delta, then ``finish``; both raise ``Unreadable``, and nothing may be fed after that."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._text = ""
        self._at = 0
        self._depth = self._values = 0
        self._whole = False
        self._reading = self._document()
        next(self._reading)

    def feed(self, delta: str) -> None:
        if delta:
            self._text, self._at = delta, 0
            next(self._reading)

    def finish(self) -> None:
        if not self._depth:
            self.feed("\n")  # a number that stands alone ends here
        if not self._whole:
            raise Unreadable("malformed_json")

    # -- the grammar, from the document down to one character

    def _document(self) -> Reading:
        yield from self._value()
        self._whole = True
        yield from self._token()
        raise Unreadable("trailing_bytes")

    def _value(self) -> Reading:
        match (yield from self._token()):
            case "{":
                yield from self._object()
            case "[":
                yield from self._parts("[", "]", self._value)
            case '"':
                yield from self._string()
            case _:
                yield from self._scalar()

    def _object(self) -> Reading:
        known: set[str] = set()
        yield from self._parts("{", "}", lambda: self._member(known))

    def _parts(self, opening: str, closing: str, part: Callable[[], Reading]) -> Reading:
        self._enter()
        yield from self._mark(opening)
        if (yield from self._token()) != closing:
            yield from part()
            while (yield from self._token()) == ",":
                self._count()
                yield from self._mark(",")
                yield from part()
        yield from self._mark(closing)
        self._depth -= 1

    def _member(self, known: set[str]) -> Reading:
        key = yield from self._key()
        if key in known:
            raise Unreadable("duplicate_key")
        known.add(key)
        if len(known) > MEMBERS:
            raise Unreadable("too_many_members")
        self._sink.key(key)
        yield from self._mark(":")
        yield from self._value()

    def _key(self) -> Finding:
        pieces: list[str] = []
        yield from self._chars(pieces.append)
        key = "".join(pieces)
        if len(key) > KEY_CHARS:
            raise Unreadable("long_key")
        return key

    def _string(self) -> Reading:
        self._sink.begin_string()
        yield from self._chars(self._sink.piece)
        self._sink.end_string()

    def _chars(self, take: Callable[[str], object]) -> Reading:
        """The inside of a string, between its quotes."""
        yield from self._skip('"')
        while (char := (yield from self._next())) != '"':
            if piece := self._run(_PLAIN):
                take(piece)
            elif char == "\\":
                self._at += 1
                take((yield from self._escaped()))
            else:  # a control character, or half a character
                raise Unreadable("malformed_json")
        self._at += 1

    def _escaped(self) -> Finding:
        char = yield from self._taken(1)
        if char != "u":
            if char not in _ESCAPES:
                raise Unreadable("malformed_json")
            return _ESCAPES[char]
        unit = yield from self._unit()
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        if unit > 0xDBFF or (yield from self._taken(2)) != "\\u":
            raise Unreadable("lone_surrogate")
        low = yield from self._unit()
        if not 0xDC00 <= low <= 0xDFFF:
            raise Unreadable("lone_surrogate")
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def _unit(self) -> Generator[None, None, int]:
        digits = yield from self._taken(4)
        if not _HEX.fullmatch(digits):
            raise Unreadable("malformed_json")
        return int(digits, 16)

    def _scalar(self) -> Reading:
        """A number or a word, once it is clear that it is whole: half of a number is another number."""
        pieces: list[str] = []
        while piece := self._run(_SCALAR):
            pieces.append(piece)
            yield from self._next()
        if (yield from self._next()) not in _BEHIND_SCALAR:
            raise Unreadable("malformed_json")
        self._sink.scalar(STRICT.read("".join(pieces)))

    # -- bounds

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise Unreadable("too_deep")
        self._count()

    def _count(self) -> None:
        self._values += 1
        if self._values > VALUES:
            raise Unreadable("too_many_values")

    # -- the text at hand

    def _next(self) -> Finding:
        """The character that is next, left where it is."""
        while self._at >= len(self._text):
            yield
        return self._text[self._at]

    def _token(self) -> Finding:
        """The next character that is no white space."""
        while (char := (yield from self._next())) in " \t\n\r":
            self._run(_SPACE)
        return char

    def _run(self, pattern: re.Pattern[str]) -> str:
        """As much of the text at hand as matches, maybe none."""
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _taken(self, count: int) -> Finding:
        chars = ""
        for _ in range(count):
            chars += yield from self._next()
            self._at += 1
        return chars

    def _mark(self, mark: str) -> Reading:
        yield from self._skip(mark)
        self._sink.mark(mark)

    def _skip(self, char: str) -> Reading:
        if (yield from self._token()) != char:
            raise Unreadable("malformed_json")
        self._at += 1
