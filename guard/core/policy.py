"""What is allowed: an immutable snapshot for one principal, and the one function that decides a tool call.

Words after XACML: admin = PAP, ``controlplane.compile`` = PIP, this module = PDP, ``session`` + ``relay`` =
PEP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from guard.core.classifier import Classifier
from guard.core.redact import Redactor
from guard.core.tools import Tool


class Decision(StrEnum):
    ALLOW = "allow"
    CONSTRAIN = "constrain"
    DENY = "deny"
    REQUIRE_APPROVAL = "require_approval"


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
class Grant:
    """The role may call ``tool``. ``hidden_fields`` (``fieldpaths``) are removed from its result before the model sees
    it. ``streams_arguments``: they are shown, redacted, while the model still writes them."""

    tool: Tool
    hidden_fields: frozenset[str] = frozenset()
    streams_arguments: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; ``max_seconds`` counts from admission, ``idle_seconds`` from the last real activity."""

    max_seconds: float = 3600.0
    idle_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that governs one session, compiled. Swapped whole under a running session.

    ``version`` is the PolicyVersion's number, ``digest`` its SHA-256 in hex. ``locked_tools`` are under a
    kill switch. ``speech_rate`` (characters a second, at normal speed) is for BOUNDED audio; ``withheld_notice`` is
    what the model is asked to say when its speech was withheld.
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
    locked_tools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model made it. ``arguments`` is the raw JSON text."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CallState:
    """What ``decide`` may know of the session. ``stale``: the policy could not be re-read for too long."""

    stale: bool = False


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty that comes with a permit, e.g. ``Obligation("hide_fields", {"fields": ["margin"]})``."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is for the record, ``message`` for the model: the second never names a role or a rule.

    ``arguments`` are the ones to deliver (parsed), None unless the call may go on. ``considered`` lists every
    rule looked at, the deciding one last.
    """

    decision: Decision
    rule: str
    reason: str
    message: str
    policy_version: int
    arguments: Mapping[str, Any] | None = None
    obligations: tuple[Obligation, ...] = ()
    considered: tuple[str, ...] = ()
