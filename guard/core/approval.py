"""A person's consent to one action: this tool with these arguments in this session, once, for a while."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Approver(StrEnum):
    """USER: the caller confirms. SUPERVISOR: somebody with the permission, never the caller."""

    NONE = "none"
    USER = "user"
    SUPERVISOR = "supervisor"


class ApprovalState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """``number`` is the session's own. ``digest`` stands for the exact action (``digest_of``); ``arguments`` are what
    people are shown: redacted JSON text. ``seconds`` until it lapses."""

    number: int
    approver: Approver
    call_id: str
    tool: str
    digest: str
    arguments: str
    seconds: float
    policy_version: int


@dataclass(frozen=True, slots=True)
class ApprovalOutcome:
    """``by`` is a label of the person who decided, for the record."""

    number: int
    digest: str
    state: ApprovalState
    by: str = ""


def digest_of(tool: str, arguments: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the tool's name and the canonical JSON of the arguments: one changed character is another
    action."""
    canonical = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
