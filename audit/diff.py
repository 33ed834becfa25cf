"""What an edit changed: values before and after, ready for a record. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from audit.verbs import MASK

Change = dict[str, Any]
"""``{"before": value, "after": value}``, JSON-shaped."""


def snapshot(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """The named attributes of ``row`` as they are now, detached from it."""
    return {name: plain(getattr(row, name)) for name in names}


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], secret: Collection[str] = frozenset()
) -> dict[str, Change]:
    """The names whose values differ, sorted. A name that one side lacks counts as None there.

    Secret names show that they changed, never from what to what.
    """
    names = sorted(before.keys() | after.keys())
    pairs = {name: (plain(before.get(name)), plain(after.get(name))) for name in names}
    return {name: _change(*pair, name in secret) for name, pair in pairs.items() if pair[0] != pair[1]}


def plain(value: Any) -> Any:
    """JSON-shaped: rows by their text, sets and querysets as sorted lists, so that order alone is no
    change."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, UUID | date | time | timedelta | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Iterable):
        return sorted((plain(item) for item in value), key=str)
    return str(value)


def _change(before: Any, after: Any, is_secret: bool) -> Change:
    if is_secret:
        # Whether it was set at all may be known: "not set → set" is what a reviewer asks.
        return {"before": MASK if before else "", "after": MASK if after else ""}
    return {"before": before, "after": after}
