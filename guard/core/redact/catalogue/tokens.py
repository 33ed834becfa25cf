"""How a provider's secrets are recognised: by the prefix that the provider gave them for this very purpose."""

from __future__ import annotations

from collections.abc import Mapping

from guard.core.redact.rule import Rule

PRIORITY = 55
# Not glued to other letters or digits; "_" and "-" may come before, as in --key=-sk and env_sk.
_FREE = "(?<![A-Za-z0-9])"
_ALONE = "(?![A-Za-z0-9])"


def tokens(patterns: Mapping[str, str], validator: str = "secret") -> tuple[Rule, ...]:
    """One rule for each name and pattern, standing alone."""
    return tuple(
        Rule(name, f"{_FREE}(?:{pattern}){_ALONE}", validator=validator, priority=PRIORITY)
        for name, pattern in patterns.items()
    )
