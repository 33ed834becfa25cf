"""Checks of what a client sent, with the provider's error codes. ``path`` is the parameter named in the
error."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from guard.sandbox.events import Refusal

_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def _wrong_type(value: object, path: str, expected: str) -> Refusal:
    found = _NAMES.get(type(value), "something else")
    return Refusal(
        "invalid_type", f"Invalid type for '{path}': expected {expected}, but got {found} instead.", path
    )


def mapping(value: object, path: str, known: Collection[str] | None = None) -> dict[str, Any]:
    """The object itself. A key outside ``known`` refuses the whole event, as the provider does."""
    if not isinstance(value, dict):
        raise _wrong_type(value, path, "an object")
    for key in value:
        if known is not None and key not in known:
            raise Refusal("unknown_parameter", f"Unknown parameter: '{path}.{key}'.", f"{path}.{key}")
    return value


def sequence(value: object, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong_type(value, path, "an array")
    return value


def text(value: object, path: str, longest: int | None = None) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, path, "a string")
    if longest is not None and len(value) > longest:
        message = (
            f"Invalid '{path}': string too long. Expected at most {longest} characters, got {len(value)}."
        )
        raise Refusal("string_above_max_length", message, path)
    return value


def boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(value, path, "a boolean")
    return value


def integer(value: object, path: str, low: int, high: int | None = None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(value, path, "an integer")
    if value < low:
        raise Refusal(
            "integer_below_min_value", f"Invalid '{path}': expected a value of at least {low}.", path
        )
    if high is not None and value > high:
        raise Refusal(
            "integer_above_max_value", f"Invalid '{path}': expected a value of at most {high}.", path
        )
    return value


def one_of(value: object, path: str, choices: Collection[object]) -> Any:
    """``value`` if it is among ``choices``, compared with ==; unhashable values are welcome."""
    if value not in list(choices):
        supported = ", ".join(f"'{choice}'" for choice in choices)
        raise Refusal(
            "invalid_value", f"Invalid value for '{path}'. Supported values are: {supported}.", path
        )
    return value


def required(owner: dict[str, Any], key: str, path: str) -> Any:
    if key not in owner:
        full = f"{path}.{key}" if path else key
        raise Refusal("missing_required_parameter", f"Missing required parameter: '{full}'.", full)
    return owner[key]
