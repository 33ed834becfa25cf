"""What a draft of the policy would have said to the calls on record: read, judged again, and compared. Changes nothing.

A recorded decision is first made again by its own version. Only where that gives what is on record can a difference be
the draft's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Exists, Min, OuterRef, QuerySet

from audit.models import Record
from controlplane import compile, document
from controlplane.models import User
from guard.core.decision import Decision
from guard.core.policy import Policy, Verdict
from guard.core.replay import replay

BATCH = 500
MOST_COMPILED = 256
NOTHING_GRANTED = ("deny", "default_deny")
"""What a role that the draft does not know may do."""

Outcome = tuple[str, str]
"""Decision and rule."""


class Standing(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    UNCERTAIN = "uncertain"
    NOT_REPRODUCIBLE = "not_reproducible"


@dataclass(frozen=True, slots=True)
class Call:
    """``after`` is the draft's outcome: where it is UNCERTAIN the most favourable one, None where nothing can be said.
    ``why`` says what it depends on, or what else has changed."""

    when: datetime
    session_id: str
    call_id: str
    user: str
    role: str
    tool: str
    before: Outcome
    standing: Standing
    after: Outcome | None = None
    why: str = ""

    @property
    def differs(self) -> bool:
        """Changed by the draft, for certain or perhaps."""
        if self.standing is Standing.UNCERTAIN:
            return self.after is not None and self.after != self.before
        return self.standing is Standing.CHANGED


@dataclass(slots=True)
class Replays:
    """``listed`` are the calls that differ and those that cannot be reproduced; ``counts`` are of all."""

    counts: Counter[Standing] = field(default_factory=Counter)
    listed: list[Call] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)

    def add(self, call: Call) -> None:
        self.counts[call.standing] += 1
        if call.standing is Standing.UNCERTAIN:
            self.doubts[call.why] += 1
        if call.differs or call.standing is Standing.NOT_REPRODUCIBLE:
            self.listed.append(call)

    @property
    def changes(self) -> list[Call]:
        return [call for call in self.listed if call.differs]


def decided(since: datetime) -> Iterator[Record]:
    """The last decision on each call since then, in the order of the log."""
    rows = _final(Record.objects.filter(verb="tool.decided", occurred_at__gte=since))
    last = (rows.aggregate(first=Min("pk"))["first"] or 0) - 1
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _final(rows: QuerySet[Record]) -> QuerySet[Record]:
    """A call that waited for approval is decided twice. One that took the id of another is a call of its own."""
    later = Record.objects.filter(
        verb="tool.decided",
        session_id=OuterRef("session_id"),
        subject=OuterRef("subject"),
        pk__gt=OuterRef("pk"),
    )
    return rows.filter(~Exists(later.exclude(rule="duplicate_call_id")))


class Bench:
    """Judges records by their own version and by the draft. Compiles each policy once."""

    def __init__(self, draft: compile.Snapshot) -> None:
        self._draft = draft
        self._compiled: dict[tuple[str, str], Policy] = {}

    def judged(self, row: Record) -> Call:
        try:
            then = compile.numbered(row.policy_version or 0)
            own = replay(_fields(row), self._policy(then, row))
        except compile.NotInForce as error:
            return _call(row, Standing.UNCERTAIN, why=str(error))
        if own.verdict is None:
            return _call(row, Standing.UNCERTAIN, why=own.why)
        if own.outside:
            return self._by_session(row, own.verdict, then)
        if _outcome(own.verdict) != (row.outcome, row.rule):
            standing = Standing.NOT_REPRODUCIBLE if own.certain else Standing.UNCERTAIN
            return _call(row, standing, why=own.why)
        if _terms(then, row) == _terms(self._draft, row):
            return _call(row, Standing.SAME, (row.outcome, row.rule))
        return self._by_draft(row, own.verdict)

    def _by_session(self, row: Record, before: Verdict, then: compile.Snapshot) -> Call:
        """No policy denied it, so what the draft does not touch would be denied again; of the rest nobody knows."""
        if _terms(then, row) == _terms(self._draft, row):
            return _call(row, Standing.SAME, (row.outcome, row.rule))
        return self._by_draft(row, before)

    def _by_draft(self, row: Record, before: Verdict) -> Call:
        try:
            again = replay(_fields(row), self._policy(self._draft, row))
        except compile.NotInForce:
            standing = Standing.SAME if (row.outcome, row.rule) == NOTHING_GRANTED else Standing.CHANGED
            return _call(row, standing, NOTHING_GRANTED, "the draft has no such role")
        if again.verdict is None or not again.certain:
            after = _outcome(again.verdict) if again.verdict else None
            return _call(row, Standing.UNCERTAIN, after, again.why)
        why = _difference(row, before, again.verdict)
        return _call(row, Standing.CHANGED if why else Standing.SAME, _outcome(again.verdict), why)

    def _policy(self, snapshot: compile.Snapshot, row: Record) -> Policy:
        """For the user of today: attributes on record are put in by ``replay``. Raises ``compile.NotInForce``."""
        key = (f"{snapshot.number}:{snapshot.digest}:{row.role}", row.actor_label)
        if key not in self._compiled:
            if len(self._compiled) >= MOST_COMPILED:
                self._compiled.clear()
            self._compiled[key] = compile.policy_for(_user(row.actor_label), row.role, snapshot)
        return self._compiled[key]


def _user(username: str) -> User:
    """Who is gone by now had attributes all the same: they are on record."""
    return User.objects.filter(username=username).first() or User(username=username, attributes={})


def _fields(row: Record) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row.fields
    return found


def _outcome(verdict: Verdict) -> Outcome:
    return verdict.decision.value, verdict.rule


def _difference(row: Record, before: Verdict, after: Verdict) -> str:
    """ "" where nothing changes for the call."""
    if _outcome(before) != _outcome(after):
        return "another verdict"
    exact = "sealed" not in row.fields and after.decision is not Decision.DENY
    return "other arguments" if exact and before.arguments != after.arguments else ""


def _terms(snapshot: compile.Snapshot, row: Record) -> str:
    """All that the version says about calls of this tool by this role; "" where it has no such role."""
    try:
        role = snapshot.role(row.role)
    except compile.NotInForce:
        return ""
    tool = str(row.fields.get("tool", ""))
    granted = role["grants"].get(tool)
    shape = snapshot.document["tools"].get(tool) if granted else None
    return document.canonical({"terms": [granted, shape, role["engine_url"], role["calls_per_turn"]]})


def _call(row: Record, standing: Standing, after: Outcome | None = None, why: str = "") -> Call:
    return Call(
        row.occurred_at,
        row.session_id,
        row.subject,
        row.actor_label,
        row.role,
        str(row.fields.get("tool", "")),
        (row.outcome, row.rule),
        standing,
        after,
        why,
    )
