"""Random JSON documents and the ways in which they arrive.

Everything takes a ``random.Random``: the bulk of the cases is a seeded sweep, Hypothesis drives the same functions to
find and shrink what the sweep misses.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from script import CARD

_TEXTS = [
    *(
        "",
        "a",
        "note",
        CARD,
        "4111-1111-1111-1111",
        "call 4111 1111",
        "1111 1111",
        "secret plan",
        "ab\u00e9\u2028",
    ),
    *(" ", '"', "\\", "\n", "\U0001f600", "4", "1", "\x00", "\x7f", "/", "\ufb01", "\uff14111", "z"),
]
_NUMBERS = [
    *(0, 7, 4111111111111111, -4111111111111111, 2**53 - 1, 1 - 2**53),
    *(4111111111111111.0, 4e3, 1e15, 1e22, 1e-7, 0.5, 5e-324, 1.7976931348623157e308),
]
_DAMAGE = [
    *("", "", "", ",", "]", "}", "{", '"', "\\", "0", "-", "e", ".", ":", "\n", "\ufeff", "NaN"),
    *("\\ud83d", "\\ude00", '"a":1,', "\ud83d"),
]


def text(chance: Random) -> str:
    return "".join(chance.choices(_TEXTS, k=chance.choice((0, 1, 1, 2, 4))))


def value(chance: Random, depth: int = 0) -> Any:
    kind = chance.randrange(4 if depth > 3 else 7)
    match kind:
        case 0:
            return chance.choice([None, True, False])
        case 1:
            return chance.choice(_NUMBERS)
        case 2 | 3:
            return text(chance)
        case 4:
            return [value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
        case _:
            return {text(chance): value(chance, depth + 1) for _ in range(chance.randint(0, 4))}


def written(chance: Random, whole: Any) -> str:
    """The text of the document, with or without white space, and in one of the spellings that mean the same."""
    indent = chance.choice([None, None, 1, "\t"])
    return "".join(
        _escaped(chance, token) if token.startswith('"') else token
        for token in json.JSONEncoder(indent=indent).iterencode(whole)
    )


def _escaped(chance: Random, token: str) -> str:
    """A string with some of its characters as escapes: the encoder writes a string as one token."""
    chars = json.loads(token)
    often = chance.choice([0, 0, 0.3, 1])
    spelt = [
        json.dumps(char)[1:-1] if chance.random() >= often else _units(char, chance.choice(["04x", "04X"]))
        for char in chars
    ]
    raw = [
        char if chance.random() < 0.5 and char.isprintable() and char not in '"\\' else spelt[at]
        for at, char in enumerate(chars)
    ]
    return f'"{"".join(raw if often < 1 else spelt)}"'


def _units(char: str, spec: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):{spec}}" for at in range(0, len(units), 2))


def damaged(chance: Random, document: str) -> str:
    """The document with a piece cut out, put in or cut off: mostly no JSON any more."""
    at, gone = chance.randint(0, len(document)), chance.choice((0, 1, 2, len(document)))
    return document[:at] + chance.choice(_DAMAGE) + document[at + gone :]


def deltas(chance: Random, document: str) -> list[str]:
    """In pieces of a few characters, empty ones among them, or one by one, or whole."""
    longest = chance.choice((1, 4, 9, 10_000))
    pieces, at = [], 0
    while at < len(document):
        size = chance.randint(0 if longest > 1 else 1, longest)
        pieces.append(document[at : at + size])
        at += size
    return pieces
