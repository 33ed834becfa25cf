"""Presidio's pattern recognisers, when they are installed: they are no dependency of this project."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.contenders import TAIL, Contender

_RECOGNISERS = (
    "CreditCardRecognizer", "CryptoRecognizer", "DateRecognizer", "EmailRecognizer", "IbanRecognizer",
    "IpRecognizer", "PhoneRecognizer", "UrlRecognizer", "UsBankRecognizer", "UsItinRecognizer",
    "UsLicenseRecognizer", "UsPassportRecognizer", "UsSsnRecognizer", "UkNinoRecognizer", "NhsRecognizer",
)  # fmt: skip
_TOKEN = "[X]"  # noqa: S105  (what is shown, not a secret)


def presidio() -> Iterator[Contender]:
    """None at all when Presidio is not there."""
    recognisers = _recognisers()
    if not recognisers:
        return

    def per_delta(deltas: Sequence[str]) -> str:
        return "".join(_redacted(recognisers, delta) for delta in deltas)

    def per_tail(deltas: Sequence[str]) -> str:
        shown, tail = [], ""
        for delta in deltas:
            tail = _redacted(recognisers, tail + delta)
            shown.append(tail[:-TAIL])
            tail = tail[-TAIL:]
        return "".join(shown) + tail

    yield Contender(f"Presidio ({len(recognisers)} recognisers) per delta", per_delta)
    yield Contender(f"Presidio ({len(recognisers)} recognisers), {TAIL} held", per_tail)


def _recognisers() -> list[Any]:
    try:
        module = importlib.import_module("presidio_analyzer.predefined_recognizers")
    except ImportError:
        return []
    return [getattr(module, name)() for name in _RECOGNISERS if hasattr(module, name)]


def _redacted(recognisers: list[Any], text: str) -> str:
    """Without a language model: patterns, check digits and phone numbers only."""
    found = [
        (result.start, result.end)
        for recogniser in recognisers
        for result in recogniser.analyze(text, recogniser.supported_entities, None)
    ]
    for start, end in sorted(found, reverse=True):
        text = text[:start] + _TOKEN + text[end:]
    return text
