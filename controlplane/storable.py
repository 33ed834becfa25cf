"""What a JSON column of the database holds, and how it gives it back. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

DEEPEST = 64
"""Levels of a document. Nothing that a policy says needs a dozen; what walks it is recursive."""


def problems(value: Any) -> Iterator[str]:
    """Sentences with their paths; none: it can be stored."""
    return _problems("", value, 0)


def as_stored(value: Any) -> Any:
    """Postgres writes 1e22 as a whole number and knows no negative zero: two texts for one document otherwise."""
    if isinstance(value, Mapping):
        return {key: as_stored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    if isinstance(value, str):
        return str(value)  # the default of a field can be a member of an enumeration
    if isinstance(value, float) and value == 0:
        return 0.0
    if isinstance(value, float) and "e+" in repr(value):
        return int(Decimal(repr(value)))
    return value


def _problems(path: str, value: Any, depth: int) -> Iterator[str]:
    where = path.removeprefix(".") or "the document"
    if depth > DEEPEST:
        yield f"{where}: is nested too deeply"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _bad_key(where, key)
            yield from _problems(f"{path}.{key}", item, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(f"{path}[{number}]", item, depth + 1)
    elif isinstance(value, str):
        yield from _bad_text(where, value)
    elif not isinstance(value, int | float | None):
        yield f"{where}: {type(value).__name__} is no type of JSON"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where}: is no number that JSON knows"


def _bad_key(where: str, key: Any) -> Iterator[str]:
    if not isinstance(key, str):
        yield f"{where}: the key {key} must be text; put it in quotes"
    else:
        yield from _bad_text(where, key)


def _bad_text(where: str, text: str) -> Iterator[str]:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        yield f"{where}: holds a character that cannot be stored"
