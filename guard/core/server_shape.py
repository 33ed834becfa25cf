"""What an event of the provider must look like before anything acts on it.

Checked first and whole: a fault found half-way would leave a call judged but not recorded, or a text ended but not
delivered.
"""

from __future__ import annotations

from typing import Any

from guard.core.commands import Event

_IDS = ("item_id", "response_id", "call_id", "event_id")
_INDICES = ("content_index", "output_index")
_MOST_PARTS = 1_000
_DEEPEST = 32


class Misshapen(ValueError):
    """The text names the field, never its value."""


def check_shape(event: Event) -> None:
    """Raises ``Misshapen``. Only what later code relies on is checked; everything else is text to redact."""
    for key in _IDS:
        if not isinstance(event.get(key, ""), str):
            raise Misshapen(f"{key} is not a string")
    if not isinstance(event.get("previous_item_id"), str | None):
        raise Misshapen("previous_item_id is not a string")
    for key in _INDICES:
        _check_index(key, event.get(key, 0))
    for key in ("item", "response", "session", "error", "part"):
        if key in event:
            _check_object(key, event[key])
    _check_depth(event, 0)


def _check_index(key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_PARTS:
        raise Misshapen(f"{key} is not a small number")


def _check_object(key: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise Misshapen(f"{key} is not an object")
    if key in ("item", "response") and not (isinstance(value.get("id"), str) and value["id"]):
        raise Misshapen(f"{key}.id is not a string")
    if key == "response" and not isinstance(value.get("output"), list | None):
        raise Misshapen("response.output is not a list")


def _check_depth(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise Misshapen(f"nested deeper than {_DEEPEST}")
    if isinstance(value, dict):
        for entry in value.values():
            _check_depth(entry, depth + 1)
    elif isinstance(value, list):
        for entry in value:
            _check_depth(entry, depth + 1)
