"""Sound as it arrives: base64 text, checked."""

from __future__ import annotations

import binascii

from guard.sandbox.events import Refusal
from guard.sandbox.speech import PCM, Encoding

LARGEST_APPEND = 15 << 20


def decoded(audio: object, path: str, encoding: Encoding) -> bytes:
    """The bytes. Raises ``Refusal`` for anything that is not whole samples in base64, or more than 15 MiB."""
    try:
        sound = binascii.a2b_base64(audio, strict_mode=True) if isinstance(audio, str) else None
    except (binascii.Error, ValueError):
        sound = None
    if sound is None or (encoding is PCM and len(sound) % 2):
        raise Refusal(
            "invalid_value", f"Invalid '{path}': expected base64-encoded {encoding.name} samples.", path
        )
    if len(sound) > LARGEST_APPEND:
        raise Refusal("invalid_value", f"Invalid '{path}': more than 15 MiB of audio in one event.", path)
    return sound
