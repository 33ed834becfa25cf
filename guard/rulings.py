"""What a decision engine is sent and what its answer means, in the shape of the Open Policy Agent's data API. Pure.

    {"result": true | false}
    {"result": {"allow": true | false, "reason"?: "…"}}
    {"result": {"decision": "allow" | "constrain" | "require_approval" | "deny", "reason"?: "…"}}
    {}                                                      undefined: no rule of the engine holds

Read strictly: an answer that is almost right may mean anything, and a member that is not known here may be a condition
that nobody would keep. ``constrain`` counts as ``allow``: an engine has no way to say what to narrow, and what the
local rules narrow stays so.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from guard.core.decision import Decision
from guard.core.engine import EngineAnswer, EngineQuestion
from guard.core.frames import STRICT, Unreadable
from guard.outbound import json_of

LONGEST_REASON = 500

_BESIDE = {"decision_id", "metrics", "provenance", "explanation", "warning"}
"""Members that the Open Policy Agent adds to an answer, as it is configured and asked."""


class NoRuling(Exception):
    """``failure`` is a word of ``EngineAnswer.failure``."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


def body_of(question: EngineQuestion) -> bytes:
    """The request. Raises ValueError and TypeError for what is no JSON."""
    return json_of({"input": question.input}).encode("ascii")


def ruling_of(answer: bytes) -> EngineAnswer:
    """Raises ``NoRuling``."""
    try:
        said = STRICT.read(answer.decode("utf-8"))
    except (Unreadable, UnicodeDecodeError, RecursionError):
        raise NoRuling("shape") from None
    if not isinstance(said, dict) or said.keys() - _BESIDE - {"result"}:
        raise NoRuling("shape")
    if "result" not in said:
        raise NoRuling("undefined")
    return _ruling(said["result"])


def _ruling(result: Any) -> EngineAnswer:
    if isinstance(result, bool):
        return EngineAnswer(_allowed(result))
    if not isinstance(result, dict) or result.keys() - {"allow", "decision", "reason"}:
        raise NoRuling("shape")
    return EngineAnswer(_decision(result), _reason(result))


def _decision(result: dict[str, Any]) -> Decision:
    """Both members may be there when they say the same. Neither ``allow`` says the same as ``require_approval``."""
    said = set()
    if "allow" in result:
        said.add(_allowed(result["allow"]))
    if "decision" in result:
        said.add(_named(result["decision"]))
    if len(said) != 1:
        raise NoRuling("shape")
    return said.pop()


def _allowed(value: Any) -> Decision:
    if not isinstance(value, bool):
        raise NoRuling("shape")
    return Decision.ALLOW if value else Decision.DENY


def _named(value: Any) -> Decision:
    try:
        decision = Decision(value)
    except ValueError:
        raise NoRuling("shape") from None
    return Decision.ALLOW if decision is Decision.CONSTRAIN else decision


def _reason(result: dict[str, Any]) -> str:
    """It is recorded and shown: nothing in it may move a cursor or turn a line around."""
    reason = result.get("reason", "")
    if not isinstance(reason, str):
        raise NoRuling("shape")
    return "".join(char for char in reason if unicodedata.category(char)[0] != "C")[:LONGEST_REASON]
