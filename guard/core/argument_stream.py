"""Arguments of a call, redacted while the model still writes them, or whole: one way for both.

JSON cannot be redacted as raw text: an escape could hide a digit, and a replacement could break the document. So the
document is read as it arrives and written anew. What has been let go is always the beginning of valid JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from guard.core.distinct import Distinct
from guard.core.frames import Unreadable
from guard.core.growing_json import GrowingJson
from guard.core.redact import Hit, Redactor, Stream
from guard.core.surfaces import reveals

_DEEPEST = 128


def redacted(arguments: Any, redactor: Redactor) -> tuple[str, list[Hit]]:
    """The arguments as the JSON text that may be shown, and what was found in them. They need not be what a strict
    reader would read: rules put values into them that the model could not have sent. Raises ``Unreadable`` where they
    are nested too deeply."""
    writer = _Writer(redactor)
    _tell(arguments, writer, 0)
    return writer.take(), writer.hits


def _tell(value: Any, writer: _Writer, depth: int) -> None:
    """As ``GrowingJson`` would of the text of ``value``."""
    if depth > _DEEPEST:
        raise Unreadable("too_deep")
    if isinstance(value, Mapping):
        _tell_parts("{}", [(str(key), part) for key, part in value.items()], writer, depth)
    elif isinstance(value, list | tuple):
        _tell_parts("[]", [(None, part) for part in value], writer, depth)
    elif isinstance(value, str):
        writer.begin_string()
        writer.piece(value)
        writer.end_string()
    else:
        writer.scalar(value)


def _tell_parts(brackets: str, parts: list[tuple[str | None, Any]], writer: _Writer, depth: int) -> None:
    writer.mark(brackets[0])
    for number, (key, part) in enumerate(parts):
        if number:
            writer.mark(",")
        if key is not None:
            writer.key(key)
            writer.mark(":")
        _tell(part, writer, depth + 1)
    writer.mark(brackets[1])


class ArgumentStream:
    """``push`` every delta; what it returns may be shown. ``broken`` names the rule that stopped the stream, as
    ``Unreadable`` does: from there on it shows nothing, whatever comes."""

    def __init__(self, redactor: Redactor) -> None:
        self.broken = ""
        self._writer = _Writer(redactor)
        self._reader = GrowingJson(self._writer)
        self._shown: list[str] = []

    @property
    def shown(self) -> str:
        """All that has been let go."""
        return "".join(self._shown)

    def push(self, delta: str) -> str:
        return self._read(delta, whole=False)

    def finish(self) -> str:
        """The tail of a complete document; ``broken`` if it is none."""
        return self._read("", whole=True)

    def stop(self, rule: str) -> None:
        self.broken = self.broken or rule

    def take_hits(self) -> list[Hit]:
        """What was found since this was asked last. Places are counted within each string."""
        hits = list(self._writer.hits)
        self._writer.hits.clear()
        return hits

    def _read(self, delta: str, *, whole: bool) -> str:
        if self.broken:
            return ""
        try:
            self._reader.feed(delta)
            if whole:
                self._reader.finish()
        except Unreadable as fault:
            self.stop(fault.rule)
        except Exception:
            self.stop("fault")
            raise
        released = self._writer.take()
        if released:
            self._shown.append(released)
        return released


class _Writer:
    """Writes what the reader reports, compactly. Each string is a text of its own to the redactor. A key that looks
    like an earlier one of its object once both are redacted gets a number, so that neither value is lost."""

    def __init__(self, redactor: Redactor) -> None:
        self.hits: list[Hit] = []
        self._redactor = redactor
        self._out: list[str] = []
        self._string: Stream | None = None
        self._names: list[Distinct] = []

    def take(self) -> str:
        written = "".join(self._out)
        self._out.clear()
        return written

    def mark(self, mark: str) -> None:
        self._out.append(mark)
        if mark == "{":
            self._names.append(Distinct())
        elif mark == "}":
            self._names.pop()

    def key(self, key: str) -> None:
        redaction = self._redactor.whole(key)
        self.hits += redaction.hits
        self._out.append(_json(self._names[-1].unlike(redaction.text)))

    def scalar(self, value: float | bool | None) -> None:
        """A card number needs no quotes. A number is judged as what it means: 4e3 is 4000."""
        if value is not None and not isinstance(value, bool):
            redaction = self._redactor.whole(str(value))
            self.hits += redaction.hits
            if reveals(redaction.hits):
                self._out.append(_json(redaction.text))
                return
        self._out.append(_json(value))

    def begin_string(self) -> None:
        self._string = self._redactor.stream()
        self._string.hits = self.hits  # in one list, in the order found, also of a string that never ends
        self._out.append('"')

    def piece(self, text: str) -> None:
        if self._string is not None:
            self._out.append(_escaped(self._string.push(text)))

    def end_string(self) -> None:
        if self._string is not None:
            self._out.append(_escaped(self._string.finish()) + '"')
            self._string = None


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _escaped(text: str) -> str:
    return _json(text)[1:-1]
