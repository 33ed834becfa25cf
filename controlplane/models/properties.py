"""What a tool's schema says about one argument. Pure.

Lenient where a schema is hard to read: a rule is refused only when no reading of the schema would let it work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

Schema = Mapping[str, Any]

_COMBINING = ("allOf", "anyOf", "oneOf")
_CONDITIONAL = ("then", "else")
_DEEPEST = 8
_MOST = 200
"""Parts of one schema that are read: a schema may refer to itself in several places."""


class Property:
    """Every part of ``root`` that speaks of ``argument``, a name or names joined by dots."""

    def __init__(self, root: Schema, argument: str) -> None:
        self._root = root
        parts: list[Schema] = [root]
        for step in argument.split("."):
            parts = [member for part in self._read(parts) for member in _members(part, step)][:_MOST]
        self._parts = parts

    @property
    def is_known(self) -> bool:
        return bool(self._parts)

    def types(self) -> frozenset[str]:
        """The types that it may have; empty: any."""
        found: set[str] = set()
        for part in self._read(self._parts, follow_items=False):
            kinds = part.get("type", [])
            found |= {kinds} if isinstance(kinds, str) else set(kinds)
        return frozenset(found)

    def limit(self, *keywords: str) -> float | None:
        """The loosest of the limits that ``keywords`` name (``maximum``), None where a part sets none."""
        given = [
            [part[word] for word in keywords if isinstance(part.get(word), int | float)]
            for part in self._read(self._parts, follow_items=False)
        ]
        values = [value for each in given for value in each]
        if not values:
            return None
        return min(values) if keywords[0].startswith("min") else max(values)

    def fault(self, value: Any) -> str:
        """Why ``value`` does not fit, in the words of the validator; "" when it does."""
        faults = [self._fault(part, value) for part in self._parts]
        return "" if "" in faults else next(iter(faults), "")

    def _fault(self, part: Schema, value: Any) -> str:
        try:
            validator = _validator({**part, "$defs": self._root.get("$defs", {})})
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            return ""  # it refers to another place of the whole: only a call can tell
        error = next(validator.iter_errors(value), None)
        return "" if error is None else str(error.message)

    def _read(self, parts: list[Schema], *, follow_items: bool = True) -> list[Schema]:
        found = (each for part in parts for each in _parts(self._root, part, follow_items, _DEEPEST))
        return [part for part, _ in zip(found, range(_MOST), strict=False)]


def _parts(root: Schema, schema: Any, follow_items: bool, depth: int) -> Iterator[Schema]:
    """``schema`` and what it is put together from; the entries of a list, where the way leads through one."""
    if not isinstance(schema, Mapping) or not depth:
        return
    yield schema
    inner = [each for word in _COMBINING if isinstance(schema.get(word), list) for each in schema[word]]
    inner += [schema[word] for word in _CONDITIONAL if word in schema]
    if isinstance(schema.get("$ref"), str):
        inner.append(_at(root, schema["$ref"]))
    if follow_items and "items" in schema:
        inner.append(schema["items"])
    for each in inner:
        yield from _parts(root, each, follow_items, depth - 1)


def _members(schema: Schema, name: str) -> Iterator[Schema]:
    """What ``schema`` says of its member ``name``. ``true`` allows anything, ``false`` nothing."""
    properties = schema.get("properties", {})
    said = [properties[name]] if name in properties else []
    said += [each for pattern, each in schema.get("patternProperties", {}).items() if _matches(pattern, name)]
    yield from ({} if each is True else each for each in said if each is not False)


def _matches(pattern: str, name: str) -> bool:
    return not _validator({"patternProperties": {pattern: False}}).is_valid({name: None})


def _validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """As the guard makes them: nothing is fetched, and no expression can take long."""
    options = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator(
        dict(schema), offline=True, validate_formats=True, pattern_options=options
    )


def _at(root: Schema, reference: str) -> Any:
    """The place within ``root`` that ``#/$defs/money`` names, None if there is none."""
    place: Any = root
    for step in reference.removeprefix("#").split("/")[1:] if reference.startswith("#") else ("",):
        name = step.replace("~1", "/").replace("~0", "~")
        place = place.get(name) if isinstance(place, Mapping) else None
    return place
