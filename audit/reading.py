"""A record laid out for people. Pure over the record's attributes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.verbs import VERBS

if TYPE_CHECKING:
    from audit.models import Record


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Detail:
    name: str
    value: str
    exposure: str


def changes(record: Record) -> list[Change]:
    """What an edit changed, one line for each field; empty for records that are no edits."""
    found = record.fields.get("changes")
    if not isinstance(found, dict):
        return []
    return list(_changes(found))


def details(record: Record) -> list[Detail]:
    """The other fields of the record, in the order in which its verb lists them, then masked ones."""
    verb = VERBS[record.verb]
    order = {name: position for position, name in enumerate(verb.fields)}
    names = sorted(record.fields, key=lambda name: (order.get(name, len(order)), name))
    return [
        Detail(_title(name), shown(record.fields[name]), verb.exposure(name).value)
        for name in names
        if not (name == "changes" and changes(record))
    ]


def shown(value: Any) -> str:
    """Text for a page: emptiness in words, structures as indented JSON, nothing that can act on a terminal or
    a line."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return visible(", ".join(map(str, value))) or "none"
    return visible(json.dumps(value, indent=2, ensure_ascii=False))


def visible(text: str) -> str:
    """Control and direction-changing characters as escapes: a record must not be able to reorder its own
    words."""
    return "".join(_escaped(char) if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def _changes(found: dict[str, Any]) -> Iterator[Change]:
    for name, change in found.items():
        if isinstance(change, dict):
            yield Change(_title(name), shown(change.get("before")), shown(change.get("after")))
        else:
            yield Change(_title(name), "empty", shown(change))


def _title(name: str) -> str:
    return visible(name.replace("_", " "))
