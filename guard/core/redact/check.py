"""Whether a rule may be saved: it must be understood, and it must be cheap enough for every character of every
session."""

from __future__ import annotations

from guard.core.redact.compiled import compile_rules, parts_of
from guard.core.redact.cost import MOST_WORK, Cost, measure
from guard.core.redact.redactor import DEFAULT_CAP
from guard.core.redact.rule import PatternError, Rule
from guard.core.redact.syntax.tree import size

# A harmless pattern has about as many states as positions. One whose states double with every position
# ([ab]*a[ab]{20}c) makes a new state for each character it reads, for as long as anybody talks.
_STATES_PER_POSITION = 4
_FREE_STATES = 600
_MOST_PLACES = 600
_MOST_MASKED = 0.5
_MOST_HELD = 64


def check(rule: Rule) -> Cost:
    """Raises ``PatternError`` with the field, the reason and the position; returns what the rule was measured to
    cost."""
    parts = parts_of(rule, DEFAULT_CAP)
    positions = size(parts.before) + size(parts.pattern) + size(parts.after)
    cost = measure(compile_rules((rule,), DEFAULT_CAP), DEFAULT_CAP)
    if cost.work > MOST_WORK:
        raise PatternError(
            f"pattern is too slow: before {cost.characters:,} characters were read it had to look at {cost.work:,} of "
            f"its positions (allowed: {MOST_WORK:,}); shorten or separate its repetitions"
        )
    allowed = _STATES_PER_POSITION * positions + _FREE_STATES
    if cost.states > allowed:
        raise PatternError(
            f"pattern is too slow: {cost.characters:,} characters can lead it to {cost.states:,} automaton states "
            f"(allowed: {allowed:,}); shorten or separate its repetitions"
        )
    if cost.places > _MOST_PLACES:
        raise PatternError(
            f"pattern is too slow: it is at {cost.places:,.0f} of its positions at once "
            f"(allowed: {_MOST_PLACES:,}); shorten or separate its repetitions"
        )
    if cost.masked > _MOST_MASKED:
        raise PatternError(f"pattern would hide {cost.masked:.0%} of a plain text")
    if cost.held > _MOST_HELD:
        raise PatternError(f"pattern would hold back {cost.held:.0f} characters of a plain text on average")
    return cost
