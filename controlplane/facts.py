"""What a simulated call may assume about the session that it is not made in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guard.core.decision import Decision
from guard.core.engine import EngineAnswer

NO_ANSWER = "no answer"
ENGINE = (str(Decision.ALLOW), str(Decision.DENY), str(Decision.REQUIRE_APPROVAL), NO_ANSWER)
MOST = 1_000_000
_SESSION: dict[str, type] = {"id": str, "model": str, "seconds": int, "calls": int}


class BadFact(ValueError):
    """``name`` is the fact, ``expected`` what it has to be; "" for one that nobody knows."""

    def __init__(self, name: str, expected: str = "") -> None:
        super().__init__(f"{name}: expected {expected}" if expected else f"{name}: there is no such fact")
        self.name = name
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Facts:
    """``tool_on_day`` None: as counted today. ``approved``: as if a person had agreed to exactly this. ``engine`` "":
    it was not asked. ``session`` is laid over that of a fresh one; ``now`` None: the time of asking."""

    tool_in_turn: int = 0
    tool_in_session: int = 0
    tool_on_day: int | None = None
    calls_in_turn: int = 0
    approved: bool = False
    engine: str = ""
    session: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Facts:
        """From the JSON shape. Raises ``BadFact``."""
        for name in given:
            if name not in _READ:
                raise BadFact(name)
        return cls(**{name: _READ[name](name, value) for name, value in given.items()})

    def as_json(self) -> dict[str, Any]:
        """What ``parse`` reads, without what is taken for granted."""
        taken = Facts()
        shape = {name: getattr(self, name) for name in _READ if getattr(self, name) != getattr(taken, name)}
        if self.now:
            shape["now"] = self.now.isoformat()
        return shape

    @property
    def engine_answer(self) -> EngineAnswer | None:
        if not self.engine:
            return None
        if self.engine == NO_ANSWER:
            return EngineAnswer(failure="timeout")
        return EngineAnswer(Decision(self.engine), "as assumed")


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise BadFact(name, f"a whole number from 0 to {MOST}")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFact(name, "true or false")
    return value


def _engine(name: str, value: Any) -> str:
    if value not in ENGINE:
        raise BadFact(name, f"one of {', '.join(ENGINE)}")
    return str(value)


def _session(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadFact(name, f"an object of {', '.join(_SESSION)}")
    for key, inner in value.items():
        if key not in _SESSION:
            raise BadFact(f"{name}.{key}")
        if not isinstance(inner, _SESSION[key]) or isinstance(inner, bool):
            raise BadFact(f"{name}.{key}", "text" if _SESSION[key] is str else "a whole number")
    return value


def _moment(name: str, value: Any) -> datetime:
    expected = "a time with its offset, such as 2026-11-22T20:16:03+00:00"
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadFact(name, expected) from None
    if moment.utcoffset() is None:
        raise BadFact(name, expected)
    return moment


_READ: dict[str, Callable[[str, Any], Any]] = {
    "tool_in_turn": _count,
    "tool_in_session": _count,
    "tool_on_day": _count,
    "calls_in_turn": _count,
    "approved": _flag,
    "engine": _engine,
    "session": _session,
    "now": _moment,
}
NAMES = tuple(_READ)
