"""An external decision engine: asked after the local rules, and only able to make the answer stricter.

The core states the question and takes the answer; ``guard.engines`` asks over HTTP, in the shape of the Open Policy
Agent's data API (``POST /v1/data/…``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guard.core.decision import Decision


@dataclass(frozen=True, slots=True)
class Engine:
    """``deadline`` in seconds. ``role`` names whose engine it is: two roles may ask one address with a key each."""

    url: str
    deadline: float = 0.5
    role: str = ""


@dataclass(frozen=True, slots=True)
class EngineQuestion:
    """``number`` is the session's own, for the answer. ``input`` is JSON-shaped: ``{"user": {"name", "attributes"},
    "role", "tool", "arguments", "session": {...}, "decision"}``, the last one what the local rules have said."""

    number: int
    engine: Engine
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """``failure`` says in a word why there is no answer: ``timeout``, ``status``, ``shape``, ``connection``,
    ``circuit_open``, ``undefined``. ``reason`` is the engine's own, bounded, for the record."""

    decision: Decision = Decision.DENY
    reason: str = ""
    failure: str = ""
