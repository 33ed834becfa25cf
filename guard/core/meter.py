"""What one session has used up so far: counted from what the provider says, whether the client was shown it or not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from guard.core.budget import Use
from guard.core.memory import remember
from guard.core.prices import Prices, micros, sides, tokens

_MOST_REMEMBERED = 4_096


class Meter:
    def __init__(self) -> None:
        self._tokens = self._input = self._output = self._micros = 0
        self._sound = 0
        """Millionths of a second: what is lost by rounding each delta stays far below a millisecond."""
        self._reported: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def reported(self, what: tuple[object, ...], usage: Mapping[str, Any], prices: Prices | None) -> bool:
        """A report of the provider, which counts once for one ``what``, however often it comes. Whether it did."""
        if what in self._reported:
            return False
        remember(self._reported, what, None, _MOST_REMEMBERED)
        came_in, went_out = sides(usage)
        self._tokens += tokens(usage)
        self._input += came_in
        self._output += went_out
        self._micros += micros(usage, prices) if prices else 0
        return True

    def spoke(self, delta: str, bytes_per_ms: int) -> None:
        """A piece of the model's speech, in base64."""
        size = len(delta) * 3 // 4 - delta[-2:].count("=")
        self._sound += max(0, size) * 1_000 // bytes_per_ms

    def use(self, seconds: float) -> Use:
        """``seconds`` since the session was admitted."""
        return Use(round(seconds * 1_000), self._tokens, self._sound // 1_000, self._micros)

    def summary(self, seconds: float) -> dict[str, int]:
        """For the session's last record, and to settle its account by."""
        use = self.use(seconds)
        return {
            "total_tokens": use.tokens,
            "input_tokens": self._input,
            "output_tokens": self._output,
            "milliseconds": use.milliseconds,
            "audio_milliseconds": use.audio_milliseconds,
            "micros": use.micros,
        }
