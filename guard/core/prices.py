"""What a report of usage costs. Where a report leaves something open, the dearest reading counts: a budget that is held
too early is an annoyance, one that is held too late is a bill."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 10**9
"""No report counts more: a broken one must not make a number that no database takes."""
_TOKENS_PER_SECOND = 10
"""How sound that is heard is counted where tokens are counted: one for each 100 ms."""
_INPUT = ("text", "audio", "image")
_OUTPUT = ("text", "audio")


@dataclass(frozen=True, slots=True)
class Prices:
    """Of one model, per million tokens. None: as dear as what it is a kind of."""

    text_input: float
    audio_input: float
    text_output: float
    audio_output: float
    image_input: float | None = None
    cached_text_input: float | None = None
    cached_audio_input: float | None = None
    cached_image_input: float | None = None

    def of(self, kind: str) -> float:
        price: float | None = getattr(self, kind)
        if price is not None:
            return price
        if kind.startswith("cached_"):
            return self.of(kind.removeprefix("cached_"))
        return self.dearest_input

    @property
    def dearest_input(self) -> float:
        return max(self.text_input, self.audio_input, self.image_input or 0.0)

    @property
    def dearest_output(self) -> float:
        return max(self.text_output, self.audio_output)


NEEDED = ("text_input", "audio_input", "text_output", "audio_output")
"""Without one of these a cost cannot be judged."""


def micros(usage: Mapping[str, Any], prices: Prices) -> int:
    """In millionths of the currency of the prices, rounded up: tokens times price per million."""
    # Rounded before it is rounded up: 0.1 * 3 must not cost a whole millionth more.
    return math.ceil(round(sum(_parts(usage, prices)), 6))


def tokens(usage: Mapping[str, Any]) -> int:
    """In all."""
    return max(count(usage.get("total_tokens")), sum(sides(usage)))


def sides(usage: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of input and of output."""
    return count(usage.get("input_tokens")), count(usage.get("output_tokens"))


def count(value: object) -> int:
    """A number of the provider's, which may be anything."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    return min(max(0, math.ceil(value)), _MOST)


def _parts(usage: Mapping[str, Any], prices: Prices) -> Iterator[float]:
    came_in, went_out = sides(usage)
    details = _object(usage, "input_token_details")
    cached = _object(details, "cached_tokens_details")
    for kind in _INPUT:
        number = count(details.get(f"{kind}_tokens"))
        known = min(number, count(cached.get(f"{kind}_tokens")))
        yield (number - known) * prices.of(f"{kind}_input") + known * prices.of(f"cached_{kind}_input")
        came_in -= number
    details = _object(usage, "output_token_details")
    for kind in _OUTPUT:
        number = count(details.get(f"{kind}_tokens"))
        yield number * prices.of(f"{kind}_output")
        went_out -= number
    yield max(0, came_in) * prices.dearest_input + max(0, went_out) * prices.dearest_output
    yield _of_nothing_named(usage) * max(prices.dearest_input, prices.dearest_output)
    yield count(usage.get("seconds")) * _TOKENS_PER_SECOND * prices.audio_input


def _of_nothing_named(usage: Mapping[str, Any]) -> int:
    """Tokens of the total that are neither input nor output."""
    return max(0, count(usage.get("total_tokens")) - sum(sides(usage)))


def _object(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = of.get(key)
    return value if isinstance(value, Mapping) else {}
