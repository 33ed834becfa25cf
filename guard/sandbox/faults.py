"""Ways in which a provider can misbehave, one field each. ``CALM`` is none of them.

Set per connection: over ``/_sandbox/faults?FIELD=VALUE`` (see ``control``), in a test with ``sandbox.fail(...)``, or
by typing ``fault FIELD=VALUE`` to the sandbox, which then concerns that connection only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from guard.sandbox.badframes import KINDS


@dataclass(frozen=True, slots=True)
class Faults:
    """Counts are of events sent on the connection, ``session.created`` being the first.

    - ``refuse``: HTTP status of the answer to the upgrade; ``hang``: the upgrade is never answered
    - ``seconds``: life of the session
    - ``think_seconds`` before an answer, ``delta_seconds`` between its deltas
    - ``mute``: event types that are never sent
    - ``ignore_update``: session keys that ``session.update`` silently leaves alone
    - ``drop_after`` n events the TCP connection dies; ``hang_after`` n events nothing more is sent
    - ``close_after`` n events the connection closes with ``close_code`` and ``close_reason``
    - ``inject``: kinds of ``badframes``, sent once: after ``inject_after`` events, or behind the next
      ``response.created`` if None; ``oversize_bytes`` is the size of the kind ``oversize``
    - ``stall_after`` n client frames no further one is read
    """

    refuse: int = 0
    hang: bool = False
    seconds: float | None = None
    think_seconds: float = 0.0
    delta_seconds: float = 0.0
    mute: frozenset[str] = frozenset()
    ignore_update: frozenset[str] = frozenset()
    drop_after: int | None = None
    hang_after: int | None = None
    close_after: int | None = None
    close_code: int = 1011
    close_reason: str = ""
    inject: tuple[str, ...] = ()
    inject_after: int | None = None
    oversize_bytes: int = 40 << 20
    stall_after: int | None = None

    def __post_init__(self) -> None:
        for kind in self.inject:
            if kind not in KINDS:
                raise ValueError(f"inject: unknown kind '{kind}'; one of {', '.join(sorted(KINDS))}")

    @property
    def disturbs_sending(self) -> bool:
        limits = (self.drop_after, self.hang_after, self.close_after)
        return bool(self.mute or self.inject) or any(limit is not None for limit in limits)


CALM = Faults()


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "false", "true"):
        raise ValueError(text)
    return text.lower() in ("1", "true")


_READERS: dict[str, Callable[[str], Any]] = {
    "refuse": int,
    "hang": _flag,
    "seconds": float,
    "think_seconds": float,
    "delta_seconds": float,
    "mute": lambda text: frozenset(_names(text)),
    "ignore_update": lambda text: frozenset(_names(text)),
    "drop_after": int,
    "hang_after": int,
    "close_after": int,
    "close_code": int,
    "close_reason": str,
    "inject": _names,
    "inject_after": int,
    "oversize_bytes": int,
    "stall_after": int,
}


def parse(words: Mapping[str, str]) -> Faults:
    """Faults from text, as in a query string. Raises ValueError that names the field."""
    return Faults(**{name: _value(name, text) for name, text in words.items()})


def _value(name: str, text: str) -> Any:
    if name not in _READERS:
        raise ValueError(f"{name}: no such fault; one of {', '.join(_READERS)}")
    try:
        return _READERS[name](text)
    except ValueError:
        raise ValueError(f"{name}: cannot read '{text}'") from None
