"""How often a JSON Schema can be applied to one and the same value. A few references to references are a short schema
that takes exponential time, also where they lead round in a circle: with each level of the value, the more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MOST_APPLIED = 256
_DEEPEST = 64
"""Levels of a value: those that a result may have."""

_AT_ONCE = ("allOf", "anyOf", "oneOf")
_SAME_VALUE = ("not", "if", "then", "else")
_SAME_VALUE_BY_NAME = ("dependentSchemas", "dependencies")
_REFERENCES = ("$ref", "$dynamicRef")
_EACH_PART = (
    *("additionalProperties", "propertyNames", "items", "contains"),
    *("unevaluatedProperties", "unevaluatedItems", "contentSchema"),
)
_LOOKS_AGAIN = frozenset({"unevaluatedProperties", "unevaluatedItems"})
"""To know what was evaluated, the other parts of the schema are applied once more."""


def check_size(schema: Any) -> None:
    """``schema`` is known to be valid. Raises ValueError with half a sentence for the administrator."""
    if max(applied(schema, _DEEPEST)) > MOST_APPLIED:
        raise ValueError(
            f"its parts refer to one another so often that one value might be judged more than {MOST_APPLIED} times"
        )


def applied(schema: Any, levels: int) -> list[int]:
    """How many times a value can be judged: the whole one first, then one that lies a level deeper, and so on."""
    parts = _reached(schema)
    times = dict.fromkeys(parts, 1)
    found = []
    for _ in range(levels):
        times = _with_same_value(parts, times)
        found.append(min(times[id(schema)], MOST_APPLIED + 1) if times else 0)
        times = {name: min(part.below(times), MOST_APPLIED + 1) for name, part in parts.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """``same`` judge the value that this one judges. A part of it is judged by one each of ``named``, and may be by all
    ``others``."""

    factor: int
    same: list[int]
    named: list[list[int]]
    others: list[int]

    def below(self, times: Mapping[int, int]) -> int:
        named = sum(max((times.get(name, 0) for name in names), default=0) for names in self.named)
        return named + sum(times.get(name, 0) for name in self.others)


def _reached(root: Any) -> dict[int, _Part]:
    """Every schema that ``root`` can lead to, by its identity. Other things than objects cost nothing."""
    found: dict[int, _Part] = {}
    waiting = [root]
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, Mapping) and id(schema) not in found:
            if schema is not root and isinstance(schema.get("$id"), str):
                raise ValueError("a part of it has an $id of its own, from where references would start anew")
            same = list(_same_value(schema, root))
            named = [_values(schema.get("properties")), list(schema.get("prefixItems") or ())]
            others = _values(schema.get("patternProperties")) + [
                schema[key] for key in _EACH_PART if key in schema
            ]
            waiting += [*same, *named[0], *named[1], *others]
            factor = 1 if _LOOKS_AGAIN.isdisjoint(schema) else 2
            found[id(schema)] = _Part(factor, _ids(same), list(map(_ids, named)), _ids(others))
    return found


def _ids(schemas: list[Any]) -> list[int]:
    return [id(schema) for schema in schemas if isinstance(schema, Mapping)]


def _with_same_value(parts: Mapping[int, _Part], alone: Mapping[int, int]) -> dict[int, int]:
    """With what each leads to without going into the value. Raises ValueError where that has no end."""
    total: dict[int, int] = {}
    opened: set[int] = set()
    waiting = list(parts)
    while waiting:
        name = waiting[-1]
        left = [other for other in parts[name].same if other not in total]
        if name in total or not left:
            total.setdefault(name, _sum(parts[name], name, alone, total))
            opened.discard(waiting.pop())
        elif not opened.isdisjoint(left) or name in left:
            raise ValueError("a part of it refers to itself without going into a value")
        else:
            opened.add(name)
            waiting += left
    return total


def _sum(part: _Part, name: int, alone: Mapping[int, int], total: Mapping[int, int]) -> int:
    return min(alone[name] + part.factor * sum(total[other] for other in part.same), MOST_APPLIED + 1)


def _values(schemas: Any) -> list[Any]:
    return list(schemas.values()) if isinstance(schemas, Mapping) else []


def _same_value(schema: Mapping[str, Any], root: Any) -> Iterator[Any]:
    """Schemas that judge the same value as this one."""
    for key in _AT_ONCE:
        yield from schema.get(key) or ()
    for key in _SAME_VALUE:
        if key in schema:
            yield schema[key]
    for key in _SAME_VALUE_BY_NAME:
        yield from _values(schema.get(key))
    for key in _REFERENCES:
        if isinstance(schema.get(key), str):
            yield _referred(schema[key], root)


def _referred(reference: str, root: Any) -> Any:
    place, _, fragment = reference.partition("#")
    if place and not (isinstance(root, Mapping) and place == root.get("$id")):
        raise ValueError(f"{reference[:100]!r} does not begin with #, so it leads out of it")
    if not fragment.startswith("/"):
        return _anchored(fragment, root) if fragment else root
    found = root
    for step in unquote(fragment[1:]).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found


def _anchored(name: str, schema: Any) -> Any:
    """The part with this anchor, None if there is none."""
    if isinstance(schema, Mapping):
        if name in (schema.get("$anchor"), schema.get("$dynamicAnchor")):
            return schema
        parts: list[Any] = list(schema.values())
    else:
        parts = schema if isinstance(schema, list) else []
    return next((found for part in parts if (found := _anchored(name, part)) is not None), None)
