"""Values as the database can hold them: bounded, JSON-shaped, valid UTF-8. Pure.

Everything here may come from a hostile client or model. A value that cannot be stored would abort the
transaction, and with it either the record or the effect: both are attacks. So text is repaired visibly, never
silently dropped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

MAX_TEXT = 4_096
MAX_KEY = 128
MAX_ITEMS = 100
MAX_DEPTH = 16
MAX_FIELDS = 32_768
"""Characters of JSON that one record's fields may take."""

# Beyond this, JSON readers that use doubles disagree about the number, so a digest over it would differ.
MAX_INTEGER = 2**53 - 1


def clean_text(value: str, limit: int = MAX_TEXT) -> str:
    """At most ``limit`` characters; a cut is marked with the original length."""
    if len(value) > limit:
        mark = f"…[truncated: {len(value)} characters]"
        value = value[: max(0, limit - len(mark))] + mark[:limit]
    # PostgreSQL holds no U+0000 in text or jsonb; the symbol keeps the trace. Lone surrogates are not UTF-8.
    value = value.replace("\x00", "\N{SYMBOL FOR NULL}")
    return value.encode("utf-8", "backslashreplace").decode("utf-8")[:limit]


def clean_json(value: Any, depth: int = 0) -> Any:
    """A copy that jsonb accepts. Raises TypeError for other types: their ``repr`` could hold a secret."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, UUID | date | time | timedelta):
        return str(value)
    if depth >= MAX_DEPTH:
        return "[truncated: nested too deeply]"
    if isinstance(value, Mapping):
        return clean_object(value, depth)
    if isinstance(value, list | tuple):
        return _array(value, len(value), depth)
    if isinstance(value, set | frozenset):
        return _array(sorted(value, key=str), len(value), depth)
    raise TypeError(f"a record's fields must be JSON-shaped; got {type(value).__name__}")


def clean_object(value: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    """``clean_json`` of a mapping: at most ``MAX_ITEMS`` entries, keys cut to ``MAX_KEY``."""
    cleaned: dict[str, Any] = {}
    for position, (key, item) in enumerate(value.items()):
        if position == MAX_ITEMS:
            cleaned["[truncated]"] = f"{len(value) - MAX_ITEMS} more entries"
            break
        cleaned[clean_text(str(key), MAX_KEY)] = clean_json(item, depth + 1)
    return cleaned


def fit(fields: dict[str, Any], limit: int = MAX_FIELDS) -> dict[str, Any]:
    """``fields``, the largest values replaced by a mark until ``limit`` characters of JSON hold them all."""
    sizes = {key: len(json.dumps(value)) for key, value in fields.items()}
    total = len(json.dumps(fields))
    fitted = dict(fields)
    for key in sorted(sizes, key=lambda name: sizes[name], reverse=True):
        if total <= limit:
            break
        fitted[key] = f"[truncated: {sizes[key]} characters of JSON]"
        total += len(json.dumps(fitted[key])) - sizes[key]
    return fitted


def _number(value: int | float | Decimal) -> int | float | str:
    if isinstance(value, Decimal):
        return clean_text(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if abs(value) <= MAX_INTEGER:
        return int(value)
    # hex() has no digit limit; str() raises ValueError beyond 4,300 digits.
    return clean_text(hex(value))


def _array(items: Iterable[Any], count: int, depth: int) -> list[Any]:
    cleaned = [clean_json(item, depth + 1) for _, item in zip(range(MAX_ITEMS), items, strict=False)]
    if count > MAX_ITEMS:
        cleaned.append(f"[truncated: {count - MAX_ITEMS} more items]")
    return cleaned
