"""The four answers to a call, in order of strictness."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    ALLOW = "allow"
    CONSTRAIN = "constrain"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        return list(Decision).index(self)

    @property
    def permits(self) -> bool:
        """The call may be made now."""
        return self in (Decision.ALLOW, Decision.CONSTRAIN)
