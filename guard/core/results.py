"""What of a tool's result the model may read: redacted, and without the fields that the grant hides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from guard.core.distinct import Distinct
from guard.core.fieldpaths import FieldPaths, Way
from guard.core.frames import StrictReader, Unreadable
from guard.core.policy import Grant
from guard.core.redact import Hit, Operator, Redactor

RESULT_CHARS = 64 * 1024

_WITHHELD = {
    "too_large": '{"error":{"message":"The result was too large."}}',
    "unreadable": '{"error":{"message":"The result could not be read."}}',
    "schema": '{"error":{"message":"The result was not as expected."}}',
    "blocked": '{"error":{"message":"The result is not available."}}',
}

_WITHHELD_VALUE = "[WITHHELD]"
_NOTHING = object()
_MOST_NESTED = 4
_MOST_NAMED = 64
_NAME_CHARS = 64

_BEFORE = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
_QUOTE = r"(?:[\"'`]|&(?:quot|apos|#\w{2,6});|%2[27])"
# Each run of backslashes is read once, from its beginning: from each of its characters it would cost quadratic time.
_ESCAPE = re.compile(r"(?<!\\)\\++u([0-9a-fA-F]{4})")
_CELL = re.compile(r"[,;|\t]")
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]0-9tfn-])')


class _Number(str):
    """A number as it was written: 12.50 stays 12.50, and a 64-bit id keeps its last digits."""

    __slots__ = ()


_reader = StrictReader(
    depth=64, values=100_000, members=20_000, key_chars=4_096, integer=_Number, real=_Number
)


@dataclass(frozen=True, slots=True)
class Filtered:
    """``removed`` names the hidden fields that were there. ``fault`` is set when the whole result was
    replaced: ``too_large``, ``unreadable``, ``schema`` or ``blocked``. Offsets of ``hits`` are into the value that each
    was found in."""

    text: str
    removed: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    fault: str = ""


def filter_result(output: str, grant: Grant, redactor: Redactor) -> Filtered:
    """The text that goes to the model in place of ``output``."""
    if len(output) > RESULT_CHARS:
        return Filtered(_WITHHELD["too_large"], fault="too_large")
    if not grant.tool.fits_result(output):
        return Filtered(_WITHHELD["schema"], fault="schema")
    return _filtered(output, _Filter(grant.hidden_fields, redactor, grant.visible_fields))


def filter_echo(output: str, grant: Grant, redactor: Redactor) -> Filtered:
    """What the client may see of a text that has gone to the model in place of a result: it was measured, and left with
    the few visible fields, on its way up, and may have a note around it."""
    if len(output) > 2 * RESULT_CHARS:
        return Filtered(_WITHHELD["too_large"], fault="too_large")
    return _filtered(output, _Filter(grant.hidden_fields, redactor))


def _filtered(output: str, work: _Filter) -> Filtered:
    try:
        text = work.result(output)
    except Unreadable:
        return Filtered(_WITHHELD["unreadable"], tuple(work.removed), fault="unreadable")
    if any(hit.operator is Operator.BLOCK for hit in work.hits):
        # "Cut the rest of the text": in a tree there is no rest, so nothing of it goes on.
        return Filtered(_WITHHELD["blocked"], tuple(work.removed), tuple(work.hits), "blocked")
    return Filtered(text, tuple(work.removed), tuple(work.hits))


def _mentions(names: frozenset[str]) -> re.Pattern[str] | None:
    """A field and its value in a text that is no JSON: ``Result: {"margin": 12}``, Python's notation, YAML,
    with or without escaped quotes, as HTML and addresses write them, too; or an element of XML."""
    either = "|".join(re.escape(name) for name in sorted(names))
    member = rf"{_BEFORE}({either})\\*+{_QUOTE}?\s*(?:[:=]|%3[AaDd])"
    element = rf"(?:<|&lt;|%3[Cc])(?:/|%2[Ff])?(?:[\w.-]+(?::|%3[Aa]))?({either})(?=[\s/>]|&gt;|%[23][EeFf0])"
    return re.compile(rf"{member}|{element}") if names else None


def _columns(text: str) -> frozenset[str]:
    """What the first of several lines names, as a table's does."""
    first, _, rest = text.partition("\n")
    return frozenset(cell.strip(" \"'`\r") for cell in _CELL.split(first)) if rest.strip() else frozenset()


def _unescaped(text: str) -> str:
    """Many encoders write ``größe`` as ``gr\\u00f6\\u00dfe``: a name that the search would not find."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


class _Filter:
    def __init__(
        self, hidden: frozenset[str], redactor: Redactor, visible: frozenset[str] | None = None
    ) -> None:
        self._hidden = FieldPaths.of(hidden)
        self._visible = None if visible is None else FieldPaths.of(visible)
        self._mention = _mentions(self._hidden.names)
        self._redactor = redactor
        self.removed: dict[str, None] = {}
        self.hits: list[Hit] = []

    def result(self, text: str) -> str:
        """Raises ``Unreadable`` when what cannot be read may hold what must be hidden."""
        try:
            value = _reader.read(text)
        except Unreadable:
            if _JSON_START.match(text) and text.rstrip()[-1:] in ("}", "]"):
                raise
            return self._unstructured(text)
        if self._visible is not None:
            value = self._kept(value, ())
            if value is _NOTHING:
                raise Unreadable("no_fields")
        return self._encoded(value, 0, ())

    def _unstructured(self, text: str) -> str:
        """A text that is no JSON has no fields, so none of it is on a list of the visible ones."""
        if self._visible is not None:
            raise Unreadable("no_fields")
        return self._plain(text)

    def _kept(self, value: Any, way: Way) -> Any:
        """What the list of visible fields leaves. Objects on the way to a visible field stay, as far as they lead to
        one."""
        if isinstance(value, list):
            return [left for part in value if (left := self._kept(part, way)) not in (_NOTHING, [])]
        return self._kept_members(value, way) if isinstance(value, dict) else _NOTHING

    def _kept_members(self, value: Mapping[str, Any], way: Way) -> Any:
        kept: dict[str, Any] = {}
        for key, part in value.items():
            if self._visible is not None and self._visible.naming((*way, key)):
                kept[key] = part
            elif isinstance(part, dict | list) and (left := self._kept(part, (*way, key))) not in (
                _NOTHING,
                [],
            ):
                kept[key] = left
            else:
                self._left_out(key)
        return kept if kept or not way else _NOTHING

    def _left_out(self, key: str) -> None:
        """For the record, so redacted: the tool chose this name, and may have put anything into it."""
        if len(self.removed) < _MOST_NAMED:
            self.removed[self._redactor.whole(key).text[:_NAME_CHARS]] = None

    def _encoded(self, value: Any, depth: int, way: Way) -> str:
        return msgspec.json.encode(self._clean(value, depth, way)).decode()

    def _plain(self, text: str) -> str:
        # What looks like JSON and is none may be read by the model all the same.
        if self._hidden and text.lstrip()[:1] in ("{", "[") and "{" in text:
            raise Unreadable("malformed_json")
        if found := self._mentioned(text) or ("\\u" in text and self._mentioned(_unescaped(text))):
            self.removed[found] = None
            raise Unreadable("hidden_field_in_text")
        return self._redacted(text)

    def _mentioned(self, text: str) -> str:
        if self._mention and (found := self._mention.search(text)):
            return str(found[found.lastindex or 0])
        return min(self._hidden.names & _columns(text), default="")

    def _redacted(self, text: str) -> str:
        redaction = self._redactor.whole(text)
        self.hits += redaction.hits
        return redaction.text

    def _clean(self, value: Any, depth: int, way: Way) -> Any:
        """``depth`` counts documents inside strings; ``way`` leads here from the outermost one."""
        if isinstance(value, dict):
            return dict(self._members(value, depth, way))
        if isinstance(value, list):
            return [self._clean(part, depth, way) for part in value]
        if isinstance(value, _Number):
            # A number can be a card: judged as text, and a text when something was hidden.
            shown = self._redacted(str(value))
            return msgspec.Raw(value.encode()) if shown == value else shown
        return self._string(value, depth, way) if isinstance(value, str) else value

    def _string(self, text: str, depth: int, way: Way) -> str:
        """A value inside JSON. Tools like to put whole documents into one, so it is read like a result of
        its own."""
        try:
            return self._document(text, depth, way)
        except Unreadable:
            return _WITHHELD_VALUE if self._hidden else self._redacted(text)

    def _document(self, text: str, depth: int, way: Way) -> str:
        if text.lstrip()[:1] not in ("{", "[", '"'):
            return self._plain(text)
        if depth >= _MOST_NESTED:
            raise Unreadable("too_deep")
        try:
            value = _reader.read(text)
        except Unreadable:
            return self._plain(text)
        return self._encoded(value, depth + 1, way)

    def _members(self, value: Mapping[str, Any], depth: int, way: Way) -> Iterator[tuple[str, Any]]:
        names = Distinct()
        for key, part in value.items():
            if hiding := self._hidden.hiding((*way, key)):
                self.removed[hiding] = None
                continue
            # Two keys may look alike once redacted; both values are kept, under keys that differ.
            yield names.unlike(self._string(key, depth, way)), self._clean(part, depth, (*way, key))
