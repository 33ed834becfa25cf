"""A draft tried on the calls of the last days. That the log is read for it is on record first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from audit import log
from audit.actors import Actor
from controlplane import affected, compile
from controlplane.affected import Affected
from controlplane.replays import Bench, Replays, decided


@dataclass(frozen=True, slots=True)
class Report:
    """``is_cut``: there were more calls than were looked at."""

    since: datetime
    calls: Replays
    sessions: tuple[Affected, ...]
    is_cut: bool


def replay_since(
    *, actor: Actor, draft: compile.Snapshot, since: datetime, limit: int | None = None
) -> Report:
    """``limit``: look at so many calls, the oldest first. Raises ``compile.NotInForce``: there is nothing to change."""
    now = compile.in_force()
    asked = f"since={since.isoformat()} limit={limit or 'none'} draft={draft.digest[:12]}"
    log.record("audit.read", actor=actor, fields={"view": "replay", "filter": asked})
    rows, bench, found = decided(since), Bench(draft), Replays()
    for row in islice(rows, limit):
        found.add(bench.judged(row))
    is_cut = limit is not None and next(rows, None) is not None
    return Report(since, found, tuple(affected.sessions(now, draft)), is_cut)
