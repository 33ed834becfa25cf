"""How a sandbox is set up: one immutable object for the command line, the tests and the bench."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from guard.sandbox.faults import CALM, Faults

DEFAULT_PORT = 4100
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """``port`` 0 takes any free one. ``chunk`` 0 cuts text like a tokenizer does, n > 0 into pieces of n
    characters.

    ``word_ms`` is how long one spoken word lasts, ``audio_ms`` how much sound one audio delta holds,
    ``seconds`` the life of a session. ``api_keys`` empty: any key, or none, is accepted. ``interleave``
    None: as the model does (2.1 mixes the events of two outputs). ``fixtures`` is a path or the list itself
    (see ``guard.sandbox.fixtures``). ``log_bytes`` of received frames are kept per connection."""

    host: str = "127.0.0.1"
    port: int = 0
    chunk: int = 0
    word_ms: int = 120
    audio_ms: int = 100
    seconds: float = 3600.0
    api_keys: tuple[str, ...] = ()
    interleave: bool | None = None
    fixtures: str | list[Any] | None = None
    faults: Faults = field(default=CALM)
    log_bytes: int = 2 * MEBIBYTE
    max_frame: int = 32 * MEBIBYTE
