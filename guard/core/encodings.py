"""How much sound a byte is, by the encoding that a session or a response names."""

from __future__ import annotations

from typing import Any

PCM_BYTES_PER_MS = 48
"""16 bits at 24 kHz, mono: the most bytes that a millisecond can have."""
LEAST_BYTES_PER_MS = 8
_BYTES_PER_MS = {
    **dict.fromkeys(("audio/pcm", "pcm16"), PCM_BYTES_PER_MS),
    **dict.fromkeys(("audio/pcmu", "audio/pcma", "g711_ulaw", "g711_alaw"), LEAST_BYTES_PER_MS),
}


def bytes_per_ms(output: Any) -> int | None:
    """Of the ``audio.output`` of a session or response (beta: ``output_audio_format``), None when it does not say."""
    kind = output.get("format") if isinstance(output, dict) else output
    if not isinstance(kind, dict):
        return _BYTES_PER_MS.get(str(kind))
    rate = kind.get("rate")
    if kind.get("type") == "audio/pcm" and isinstance(rate, int) and rate > 0:
        return max(1, rate * 2 // 1000)
    return _BYTES_PER_MS.get(str(kind.get("type")))
