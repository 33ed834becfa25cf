"""Scripted answers from a file, tried before the built-in script. A JSON list; the first entry that fits
wins.

    [{"match": {"contains": "parcel"}, "answer": [{"say": "It is on its way."},
                                                  {"call": {"name": "track", "arguments": {"id": 7}}}]},
     {"match": {"equals": "boom"},     "events": [{"type": "response.done", "response": 7}, "not even JSON"]},
     {"match": {"tool_output": true},  "answer": [{"say": "Done."}]},
     {"match": {"pattern": "^fail"},   "status": "failed", "answer": [{"say": "I beg"}]}]

``match`` names exactly one of ``equals``, ``contains`` (both ignore case), ``pattern`` (a regular
expression, searched for) over the user's last words, or ``tool_output`` true: some tool result waits for an
answer, which the other three never match. ``answer`` is a list of ``{"say": text}`` and ``{"call": {"name",
"arguments", "call_id"?}}`` in the order of the response's output; ``arguments`` is an object, or a string
that is streamed as it is. ``status`` is completed (default), incomplete or failed. ``events`` instead of
``answer``: frames sent verbatim in place of a response, objects as JSON, strings as text frames: for a
hostile provider."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guard.sandbox import script
from guard.sandbox.events import encode
from guard.sandbox.script import Call, Cue, Part, Parts, Say

_STATUSES = ("completed", "incomplete", "failed")


class BadFixture(ValueError):
    """Names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Either ``parts`` of a response that ends with ``status``, or ``frames`` to be sent verbatim instead
    of one."""

    parts: Parts = ()
    status: str = "completed"
    frames: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixture:
    fits: Callable[[Cue], bool]
    answer: Answer


def load(source: str | list[Any] | None) -> tuple[Fixture, ...]:
    """From a file, or from the list itself. Raises ``BadFixture`` or ``OSError``."""
    if source is None:
        return ()
    try:
        entries = json.loads(Path(source).read_text("utf-8")) if isinstance(source, str) else source
    except ValueError as problem:
        raise BadFixture(f"{source}: {problem}") from None
    if not isinstance(entries, list):
        raise BadFixture("fixtures: expected a list")
    return tuple(_fixture(entry, f"fixtures[{index}]") for index, entry in enumerate(entries))


def answer(cue: Cue, fixtures: tuple[Fixture, ...]) -> Answer:
    """The first fixture that fits, else the built-in script; calls as ``tool_choice`` allows them."""
    found = next((fixture.answer for fixture in fixtures if fixture.fits(cue)), None)
    if found is None:
        found = Answer(script.answer(cue))
    if found.frames:
        return found
    return Answer(script.chosen(found.parts, cue), found.status)


def _object(value: Any, path: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= known:
        raise BadFixture(f"{path}: expected an object with keys out of {', '.join(sorted(known))}")
    return value


def _fixture(value: Any, path: str) -> Fixture:
    entry = _object(value, path, {"match", "answer", "events", "status"})
    if ("answer" in entry) == ("events" in entry) or "match" not in entry:
        raise BadFixture(f"{path}: expected match, and one of answer and events")
    fits = _match(entry["match"], f"{path}.match")
    if "events" in entry:
        return Fixture(
            fits, Answer(frames=tuple(_frame(event) for event in _list(entry["events"], f"{path}.events")))
        )
    if entry.get("status", "completed") not in _STATUSES:
        raise BadFixture(f"{path}.status: expected one of {', '.join(_STATUSES)}")
    parts = [
        _part(part, f"{path}.answer[{place}]") for place, part in enumerate(_list(entry["answer"], path))
    ]
    return Fixture(fits, Answer(tuple(parts), entry.get("status", "completed")))


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise BadFixture(f"{path}: expected a list that is not empty")
    return value


def _frame(event: Any) -> bytes:
    return event.encode() if isinstance(event, str) else encode(event)


def _match(value: Any, path: str) -> Callable[[Cue], bool]:
    match = _object(value, path, {"equals", "contains", "pattern", "tool_output"})
    if len(match) != 1:
        raise BadFixture(f"{path}: expected exactly one condition")
    (kind, wanted), *_ = match.items()
    if kind == "tool_output":
        return lambda cue: bool(cue.outputs) is bool(wanted)
    if not isinstance(wanted, str):
        raise BadFixture(f"{path}.{kind}: expected a string")
    if kind == "pattern":
        return _pattern(wanted, path)
    folded = wanted.casefold()
    if kind == "equals":
        return lambda cue: not cue.outputs and cue.text.casefold() == folded
    return lambda cue: not cue.outputs and folded in cue.text.casefold()


def _pattern(wanted: str, path: str) -> Callable[[Cue], bool]:
    try:
        pattern = re.compile(wanted, re.DOTALL)
    except re.error as problem:
        raise BadFixture(f"{path}.pattern: {problem}") from None
    return lambda cue: not cue.outputs and pattern.search(cue.text) is not None


def _part(value: Any, path: str) -> Part:
    part = _object(value, path, {"say", "call"})
    if isinstance(part.get("say"), str) and "call" not in part:
        return Say(part["say"])
    call = _object(part.get("call"), f"{path}.call", {"name", "arguments", "call_id"})
    arguments = call.get("arguments", {})
    if not isinstance(call.get("name"), str) or not isinstance(arguments, str | dict):
        raise BadFixture(f"{path}.call: name must be a string, arguments an object or a string")
    text = arguments if isinstance(arguments, str) else script.pretty(arguments)
    return Call(call["name"], text, str(call.get("call_id", "")))
