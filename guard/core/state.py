"""What one session knows. Both directions of ``session`` work on it; nothing outside does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from guard.core.audio import AudioGate
from guard.core.carried import Carried
from guard.core.commands import Event, Record, ToUpstream
from guard.core.configuration import Configuration
from guard.core.conversation import Conversation
from guard.core.counting import CallCounts
from guard.core.events import named
from guard.core.inquiry import Inquiry
from guard.core.ledger import Ledger
from guard.core.limits import Deadlines
from guard.core.memory import remember
from guard.core.meter import Meter
from guard.core.onrecord import fields_on_record, id_on_record
from guard.core.policy import Policy
from guard.core.redact import Hit
from guard.core.shapes import OWN_PREFIX
from guard.core.stalled import Stalled
from guard.core.texts import Texts
from guard.core.toolcalls import Call, CallBook
from guard.core.turns import Turns

CLIENT_PREFIX = f"{OWN_PREFIX}c"
"""Given to client events that came without an id, so that an error about one can be matched all the same."""

_MOST_REMEMBERED = 4_096


class Phase(Enum):
    CONNECTING = auto()  # waiting for the provider's session.created
    LOCKING = auto()  # our session.update is under way
    OPEN = auto()
    OVER = auto()


@dataclass(slots=True)
class State:
    """``wall`` plus ``now`` is the time in unix seconds, None when nobody has said what time it is. ``shown`` is the
    session as the client last saw it."""

    policy: Policy
    configuration: Configuration
    deadlines: Deadlines
    now: float
    expires_at: int = 0
    session_id: str = ""
    wall: float | None = None
    phase: Phase = Phase.CONNECTING
    created: Event = field(default_factory=dict)
    shown: Event = field(default_factory=dict)
    early: list[Event] = field(default_factory=list)
    conversation: Conversation = field(default_factory=Conversation)
    calls: CallBook = field(default_factory=CallBook)
    counts: CallCounts = field(default_factory=CallCounts)
    texts: Texts = field(default_factory=Texts)
    audio: AudioGate = field(default_factory=AudioGate)
    turns: Turns = field(default_factory=Turns)
    stalled: Stalled = field(default_factory=Stalled)
    inquiry: Inquiry = field(default_factory=Inquiry)
    meter: Meter = field(default_factory=Meter)
    carried: Carried = field(default_factory=Carried)
    ledger: Ledger = field(default_factory=Ledger)
    responses: int = 0
    refusals: int = 0
    _serial: int = 0
    _recorded: OrderedDict[tuple[object, ...], None] = field(default_factory=OrderedDict)

    def own_id(self, prefix: str = OWN_PREFIX) -> str:
        self._serial += 1
        return f"{prefix}{self._serial}"

    def number(self) -> int:
        """Of a question, so that its answer can be told from any other."""
        self._serial += 1
        return self._serial

    def new_turn(self) -> None:
        """The user has said something."""
        self.counts.new_turn()
        self.turns.moves_on()

    def order(self, event_type: str, **fields: Any) -> ToUpstream:
        """A client event of our own making."""
        return ToUpstream({"type": event_type, "event_id": self.own_id(), **fields})

    def record(
        self, verb: str, subject: str = "", *, fields: Mapping[str, Any] | None = None, **rest: str
    ) -> Record:
        """The only maker of a session's records. Subjects and some fields are whatever a peer has called a thing, so
        they are guarded here, where none can be forgotten."""
        policy = self.policy
        return Record(
            verb,
            id_on_record(subject, policy),
            policy_version=policy.version,
            fields=fields_on_record(fields or {}, policy),
            **rest,
        )

    def once(self, *what: object) -> bool:
        """True the first time. The same finding comes by in up to seven events; it is one fact."""
        if what in self._recorded:
            return False
        remember(self._recorded, what, None, _MOST_REMEMBERED)
        return True

    def hits(
        self, hits: Iterable[Hit], subject: str, event_type: str, direction: str = "to_client"
    ) -> Iterator[Record]:
        """Pattern, place and length of what was hidden; never the text."""
        for hit in hits:
            if self.once("hit", subject, hit.rule, hit.start, hit.end):
                yield self.record(
                    "redaction.hit",
                    subject,
                    rule=hit.rule,
                    fields={
                        "pattern": hit.rule,
                        "start": hit.start,
                        "end": hit.end,
                        "operator": str(hit.operator),
                        "event_type": named(event_type),
                        "direction": direction,
                        "mode": "shadow" if hit.rule in self.policy.shadow_patterns else "enforce",
                    },
                )

    def late_output(self, call: Call, size: int, reason: str) -> Record:
        """A result that nobody waits for any more."""
        fields = {
            "call_id": call.call_id,
            "tool": call.name,
            "size": size,
            "duration_seconds": round(self.now - call.began, 3),
        }
        return self.record("tool.late_output", call.call_id, reason=reason, fields=fields)

    def withheld(self, event_type: str, reason: str) -> Iterator[Record]:
        if self.once("withheld", event_type, reason):
            yield self.record("frame.withheld", named(event_type), reason=reason)
