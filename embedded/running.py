"""``env.json``: what the running stack is like, for `dev.py manage` and others. There while it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from embedded.locks import is_held
from embedded.paths import write_private

NAME = "env.json"


@dataclass(frozen=True, slots=True)
class Running:
    """``users`` maps a name to its password. ``variables`` are the settings of the stack's processes."""

    base_url: str
    service_key: str
    users: Mapping[str, str]
    database_url: str
    redis_url: str
    variables: Mapping[str, str] = field(default_factory=dict)


def announce(state: Path, running: Running) -> None:
    """Only for its owner (mode 0600): it holds keys and passwords."""
    write_private(state / NAME, json.dumps(asdict(running), indent=2) + "\n")


def withdraw(state: Path) -> None:
    (state / NAME).unlink(missing_ok=True)


def find(state: Path) -> Running | None:
    """None if nothing runs. A file without a lock was left by a kill -9 and says nothing."""
    if not is_held(state / "lock"):
        return None
    try:
        found: dict[str, Any] = json.loads((state / NAME).read_text())
    except FileNotFoundError:
        return None  # still starting
    return Running(**found)
