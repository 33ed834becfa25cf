"""Overlapping windows form one region, and a region gets one replacement."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from guard.core.redact.fold import fold
from guard.core.redact.matches import OVERLONG, UNFINISHED, Window
from guard.core.redact.rule import Hit, Operator, Rule

MASKED_TOKEN = "[REDACTED]"  # noqa: S105  (what the client sees, not a secret)
MARKS = {OVERLONG: "overlong", UNFINISHED: "unfinished"}
"""Rule names of hits that no rule made: text masked because it stayed undecided for ``cap`` characters, or to its
end."""

_STRICTNESS = {Operator.BLOCK: 4, Operator.REPLACE: 3, Operator.HASH: 2, Operator.MASK: 1, Operator.FLAG: 0}
_LEAST_MASKED = 4
_DIGITS_AND_SEPARATORS = re.compile(r"[\d\s().,+/-]*")


@dataclass(slots=True)
class Region:
    """``shown``: its replacement has been released already, because it is longer than the cap; only hits are still
    collected, one window for each rule."""

    start: int
    end: int
    windows: list[Window] = field(default_factory=list)
    shown: bool = False

    def add(self, window: Window) -> None:
        self.end = max(self.end, window.end)
        self.windows.append(window)
        if self.shown:
            self._compress()

    def show(self) -> None:
        self.shown = True
        self._compress()

    def _compress(self) -> None:
        by_rule: dict[int, Window] = {}
        for window in self.windows:
            known = by_rule.setdefault(window.rule, window)
            known.start, known.end = min(known.start, window.start), max(known.end, window.end)
        self.windows = list(by_rule.values())

    def hits(self, rules: tuple[Rule, ...]) -> Iterator[Hit]:
        """One for each stretch of text that a rule matched."""
        merged: list[Window] = []
        for window in sorted(self.windows, key=lambda window: (window.rule, window.start)):
            last = merged[-1] if merged else None
            if last and last.rule == window.rule and window.start < last.end:
                last.end = max(last.end, window.end)
            else:
                merged.append(Window(window.start, window.end, window.rule))
        for window in sorted(merged, key=lambda window: (window.start, window.end)):
            yield _hit(window, rules)


def leading(windows: list[Window], rules: tuple[Rule, ...]) -> Window:
    """The window whose rule decides what is shown: highest priority, then longest, then strictest, then first."""

    def rank(window: Window) -> tuple[float, int, int, int]:
        if window.rule < 0:
            return (float("-inf"), 0, 0, 0)
        rule = rules[window.rule]
        return (rule.priority, window.end - window.start, _STRICTNESS[rule.operator], -window.rule)

    return max(windows, key=rank)


def replacement(region: Region, rules: tuple[Rule, ...], text: str, hash_key: bytes) -> str:
    """What is shown for a region of ``text``. The parts of a value that MASK and HASH let through are shown only if one
    window of that rule is the whole region: whatever else was hidden beside it must not be told by it."""
    window = leading(region.windows, rules)
    if window.rule < 0:
        return MASKED_TOKEN
    rule = rules[window.rule]
    if (window.start, window.end) != (region.start, region.end) or any(w.rule < 0 for w in region.windows):
        return rule.token
    return _shown(rule, fold(text), hash_key)


def token(windows: list[Window], rules: tuple[Rule, ...]) -> str:
    """What is shown for a region that is not shown by its own text."""
    window = leading(windows, rules)
    return MASKED_TOKEN if window.rule < 0 else rules[window.rule].token


def _shown(rule: Rule, folded: str, hash_key: bytes) -> str:
    match rule.operator:
        case Operator.MASK:
            kept = [char for char in folded if char.isalnum()]
            visible = min(rule.keep_last, max(0, len(kept) - _LEAST_MASKED))
            return "****" + "".join(kept[len(kept) - visible :])
        case Operator.HASH:
            return f"[{rule.name.upper()}:{_digest(rule, folded, hash_key)}]"
    return rule.token


def _digest(rule: Rule, folded: str, hash_key: bytes) -> str:
    """The same for the same value however it is spaced or capitalised, different for every rule and key."""
    value = "".join(folded.split()).lower()
    if _DIGITS_AND_SEPARATORS.fullmatch(value):
        value = "".join(filter(str.isdigit, value))
    return hmac.new(hash_key, f"{rule.name}\0{value}".encode(), hashlib.sha256).hexdigest()[:10]


def _hit(window: Window, rules: tuple[Rule, ...]) -> Hit:
    if window.rule < 0:
        return Hit(MARKS[window.rule], window.start, window.end, Operator.REPLACE)
    rule = rules[window.rule]
    return Hit(rule.name, window.start, window.end, rule.operator)
