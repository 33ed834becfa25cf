"""What the sessions that this one has replaced had used up: it counts towards what this one may, and is told to nobody
again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from guard.core.budget import Use


@dataclass(frozen=True, slots=True)
class Carried:
    """``calls``: how many of each tool. The default is a session that replaces none."""

    use: Use = field(default_factory=Use)
    calls: Mapping[str, int] = field(default_factory=dict)
