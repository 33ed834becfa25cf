"""What is allowed: an immutable snapshot for one principal, and the one function that decides a tool call.

Words after XACML: admin = PAP, ``controlplane.compile`` = PIP, this module = PDP, ``session`` + ``relay`` =
PEP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from guard.core.approval import Approver
from guard.core.arguments import ArgumentRule
from guard.core.budget import Budgets
from guard.core.classifier import Classifier
from guard.core.condition import Condition
from guard.core.decision import Decision
from guard.core.engine import Engine, EngineAnswer
from guard.core.prices import Prices
from guard.core.redact import Redactor
from guard.core.tools import Tool


class AudioPolicy(StrEnum):
    """What happens to the model's speech. HOLD releases it when its whole transcript is clean; BOUNDED as far as the
    clean transcript is sure to cover it; KILL plays it and cuts on the first hit; TEXT_ONLY never asks for it;
    DELIVER passes it on unredacted."""

    HOLD = "hold"
    BOUNDED = "bounded"
    TEXT_ONLY = "text_only"
    KILL = "kill"
    DELIVER = "deliver"


class SpreadAnswer(StrEnum):
    """What happens when one value that must be hidden is spelled over several items: FLAG only records, CUT stops the
    response before the value is complete, END ends the session."""

    FLAG = "flag"
    CUT = "cut"
    END = "end"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who speaks: not a database row. ``attributes`` is JSON-shaped and set by admins, e.g. ``{"account_id":
    "acct_42"}``."""

    id: str
    name: str
    role: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caps:
    """How often the tool may be called: in one turn of the user, in one session, on one day (UTC) by one user in all
    sessions. None: as often as the role's own limit admits."""

    per_turn: int | None = None
    per_session: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The role may call ``tool``, as its rules narrow it.

    ``visible_fields`` (``fieldpaths``), when not None, are all that the model sees of the result; ``hidden_fields`` are
    removed from it. ``streams_arguments``: they are shown, redacted, while the model still writes them. Where
    ``enforced`` is False the rules are only tried, and what they would have said stands beside the real verdict.
    """

    tool: Tool
    hidden_fields: frozenset[str] = frozenset()
    streams_arguments: bool = False
    visible_fields: frozenset[str] | None = None
    rules: tuple[ArgumentRule, ...] = ()
    caps: Caps = Caps()
    condition: Condition | None = None
    approver: Approver = Approver.NONE
    approval_seconds: float = 120.0
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; ``max_seconds`` counts from admission, ``idle_seconds`` from the last real activity.

    ``reauthenticate_seconds`` after a ticket was shown the client is asked for a fresh one (None: never); it has
    ``grace_seconds`` to show it."""

    max_seconds: float = 3600.0
    idle_seconds: float = 300.0
    reauthenticate_seconds: float | None = None
    grace_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that governs one session, compiled. Swapped whole under a running session.

    ``version`` is the PolicyVersion's number, ``digest`` its SHA-256 in hex. ``locked_tools`` are under a
    kill switch. ``speech_rate`` (characters a second, at normal speed) is for BOUNDED audio; ``withheld_notice`` is
    what the model is asked to say when its speech was withheld. ``calls_per_turn`` counts calls of all tools.
    ``shadow_patterns`` are found, and hide nothing. ``evidence_key`` hashes hidden values in records. ``prices`` are by
    model; one that is not there has none.
    """

    version: int
    digest: str
    principal: Principal
    grants: Mapping[str, Grant]
    to_client: Redactor
    to_model: Redactor
    models: tuple[str, ...] = ()
    instructions: str = ""
    accepts_client_instructions: bool = False
    accepts_history: bool = False
    audio: AudioPolicy = AudioPolicy.HOLD
    speech_rate: int = 25
    withheld_notice: str = ""
    spread_values: SpreadAnswer = SpreadAnswer.CUT
    gated_turns: bool = False
    client_classifiers: tuple[Classifier, ...] = ()
    model_classifiers: tuple[Classifier, ...] = ()
    transcription_model: str = ""
    max_output_tokens: int | None = None
    limits: Limits = Limits()
    budgets: Budgets = field(default_factory=Budgets)
    prices: Mapping[str, Prices] = field(default_factory=dict)
    locked_tools: frozenset[str] = frozenset()
    calls_per_turn: int = 25
    engine: Engine | None = None
    shadow_patterns: frozenset[str] = frozenset()
    evidence_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model made it. ``arguments`` is the raw JSON text."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CallState:
    """What ``decide`` may know of the session.

    ``stale``: the policy could not be re-read for too long. Counts are of calls before this one: of the same tool in
    this turn, this session and on this day (None: not known), and ``calls_in_turn`` of all tools. ``approved`` is the
    digest of an action that a person has agreed to. ``session`` and ``now`` (a timestamp) are for conditions.
    """

    stale: bool = False
    tool_in_turn: int = 0
    tool_in_session: int = 0
    tool_on_day: int | None = None
    calls_in_turn: int = 0
    approved: str = ""
    engine: EngineAnswer | None = None
    session: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that comes with a permit, e.g. ``Obligation("hide_fields", {"fields": ["margin"]})``."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is for the record, ``message`` for the model: the second never names a role or a rule.

    ``arguments`` are the ones to deliver (parsed), None when the call is denied. ``considered`` lists every rule looked
    at, the deciding one last. ``shadow`` is what a grant that is only tried would have said.
    """

    decision: Decision
    rule: str
    reason: str
    message: str
    policy_version: int
    arguments: Mapping[str, Any] | None = None
    obligations: tuple[Obligation, ...] = ()
    considered: tuple[str, ...] = ()
    shadow: Verdict | None = None
