"""Bounded memories: a session that runs for an hour must not grow for an hour."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def remember(known: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Keeps the ``most`` newest entries."""
    known[key] = value
    if len(known) > most:
        known.popitem(last=False)
