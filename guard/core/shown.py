"""How a text looks after classifiers have judged its sentences."""

from __future__ import annotations

from typing import Any

from guard.core.classifier import Classifier
from guard.core.commands import Event
from guard.core.inquiry import Inquiry, Verdict
from guard.core.redact.region import MASKED_TOKEN
from guard.core.surfaces import padding_for
from guard.core.waiting import Text
from guard.core.windows import windows_of

WITHHELD = "[WITHHELD]"
"""Stands where a text was cut."""


def judged(
    inquiry: Inquiry, windows: list[str], classifiers: tuple[Classifier, ...], direction: str
) -> tuple[str, Verdict]:
    """What is shown of judged windows, up to the first that is blocked, and all that was found in them."""
    shown, total = [], Verdict()
    for window in windows:
        verdict = inquiry.verdict(classifiers, window, direction)
        total.spans += verdict.spans
        if verdict.blocked:
            total.blocked = True
            shown.append(WITHHELD)
            break
        shown.append(_hidden(window, verdict))
    return "".join(shown), total


def show_copy(text: Text, field: str, place: dict[str, Any], inquiry: Inquiry, direction: str) -> None:
    """Puts in ``place[field]``, a whole copy of ``text``, what the text has been shown as."""
    whole = place[field]
    shown, _ = judged(inquiry, windows_of(whole), text.held, direction)
    if text.cut_at is not None and len(shown) >= text.cut_at:
        shown = shown[: text.cut_at] + WITHHELD
    if shown != whole:
        place.pop("audio", None)  # a retrieved item holds the sound of what was withheld
    place[field] = shown


def with_delta(event: Event, shown: str) -> Event:
    event = {**event, "delta": shown}
    if "obfuscation" in event:
        event["obfuscation"] = padding_for(shown)
    return event


def _hidden(window: str, verdict: Verdict) -> str:
    """Named places that overlap are hidden as one."""
    shown, at = [], 0
    for span in sorted(verdict.spans, key=lambda span: (span.start, span.end)):
        if span.end <= at:
            continue
        if span.start >= at:
            shown += [window[at : span.start], _token(span.label)]
        at = span.end
    return "".join([*shown, window[at:]])


def _token(label: str) -> str:
    word = "".join(char for char in label.upper() if char.isalnum() or char == "_")[:64]
    return f"[{word}_REDACTED]" if word else MASKED_TOKEN
