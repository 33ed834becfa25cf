"""Hidden values of a record, put back as far as they can be known.

A value that is known from elsewhere is recognised by its keyed hash and is exact again. Any other is certainly none of
those that are known: something unlike all of them takes its place, of the same type and length, the same one wherever
the same value stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guard.core.evidence import hash_of

Steps = tuple[str | int, ...]
"""Names and indexes from the outermost object down."""

ALWAYS_KNOWN = (None, True, False, "")
_WHOLE = ("dict", "list")
_UNLIKE = range(0xF0000, 0xFFFFE)
"""Characters for private use: nobody's rule speaks of them."""


class Torn(ValueError):
    """What is on record does not fit together: it was cut when it was stored."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be recognised. ``kind`` is its Python type by name."""

    steps: Steps
    kind: str
    length: int

    @property
    def is_whole(self) -> bool:
        """An object or list of which nothing is known, not even its names."""
        return self.kind in _WHOLE

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(step for step in self.steps if isinstance(step, str))


@dataclass(frozen=True, slots=True)
class Restored:
    value: Any
    unknown: tuple[Unknown, ...] = ()


def leaves(value: Any) -> Iterator[Any]:
    """Every value in it that holds no others."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def _spellings(value: Any) -> Iterator[Any]:
    """All that is equal to it, each with a hash of its own: JSON takes 1 for 1.0, and Python true for 1."""
    yield value
    if not isinstance(value, int | float):
        return
    if value == 0:
        yield from (0, 0.0, -0.0, False)
    elif value == 1:
        yield from (1, 1.0, True)
    elif isinstance(value, float) and value.is_integer():
        yield int(value)
    elif isinstance(value, int) and abs(value) < 2**1000 and float(value) == value:
        yield float(value)


class Known:
    """The values that a hidden one may be, by hash. One for each record: what is hidden twice is the same twice."""

    def __init__(self, values: Iterable[Any], key: bytes) -> None:
        every = (spelt for leaf in leaves([*values, ALWAYS_KNOWN]) for spelt in _spellings(leaf))
        self._by_hash = {hash_of(value, key): value for value in every}
        self._taken = {value for value in self._by_hash.values() if isinstance(value, str | int | float)}
        self._unlike: dict[str, Any] = {}

    def restored(self, shown: Any, seals: Mapping[str, Mapping[str, Any]]) -> Restored:
        """Raises ``Torn``."""
        if not seals:
            return Restored(shown)
        left, unknown = dict(seals), list[Unknown]()
        value = self._value(shown, left, (), "", unknown)
        if left:
            raise Torn("a hidden value has no place in the record")
        return Restored(value, tuple(unknown))

    def _value(self, shown: Any, left: dict[str, Any], steps: Steps, at: str, unknown: list[Unknown]) -> Any:
        if (seal := left.pop(at, None)) is not None:
            return self._behind(seal, steps, unknown)
        if isinstance(shown, Mapping):
            return {
                name: self._value(inner, left, (*steps, name), f"{at}/{_escaped(name)}", unknown)
                for name, inner in shown.items()
            }
        if isinstance(shown, list):
            return [
                self._value(inner, left, (*steps, index), f"{at}/{index}", unknown)
                for index, inner in enumerate(shown)
            ]
        return shown

    def _behind(self, seal: Mapping[str, Any], steps: Steps, unknown: list[Unknown]) -> Any:
        try:
            digest, kind, length = str(seal["hash"]), str(seal["type"]), int(seal["length"])
        except (KeyError, TypeError, ValueError):
            raise Torn("a hidden value is described by half") from None
        if digest in self._by_hash:
            return self._by_hash[digest]
        unknown.append(Unknown(steps, kind, length))
        return {} if kind in _WHOLE else self._stand_in(digest, kind, length)

    def _stand_in(self, digest: str, kind: str, length: int) -> Any:
        """From the hash, so that equal values stay equal and others differ."""
        if digest not in self._unlike:
            number = int(digest[:11], 16)
            while (value := _made(number, kind, length)) in self._taken:
                number += 1
            self._taken.add(value)
            self._unlike[digest] = value
        return self._unlike[digest]


def _made(number: int, kind: str, length: int) -> Any:
    if kind == "int":
        return number
    if kind == "float":
        return number + 0.5
    if kind != "str":
        raise Torn(f"a hidden value is of no type of JSON: {kind[:20]}")
    text = ""
    while len(text) < min(length, 4):
        number, rest = divmod(number, len(_UNLIKE))
        text += chr(_UNLIKE[rest])
    return text.ljust(length, chr(_UNLIKE[0]))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
