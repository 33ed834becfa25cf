"""The definition of redaction, spelled out with ``re``: every window of the text is tried on its own.

Shares nothing with the engine but the fold (which has tests of its own) and the validators. Slow, obvious, for texts
of a few dozen characters.
"""

from __future__ import annotations

import re
from functools import lru_cache

from guard.core.redact import VALIDATORS, Hit, Operator, Rule
from guard.core.redact.fold import fold, fold_char

Window = tuple[int, int, int]  # start, end, number of the rule
STRICTNESS = [Operator.FLAG, Operator.MASK, Operator.HASH, Operator.REPLACE, Operator.BLOCK]


class Oracle:
    def __init__(self, rules: list[Rule], text: str) -> None:
        self.rules = rules
        self.text = text
        self.folded = fold(text)
        self.origin = [place for place, char in enumerate(text) for _ in fold_char(char)]

    def windows(self) -> list[Window]:
        return sorted(window for number in range(len(self.rules)) for window in self._of_rule(number))

    def hidden(self) -> set[int]:
        return {
            place
            for start, end, number in self.windows()
            if self.rules[number].operator is not Operator.FLAG
            for place in range(start, end)
        }

    def _of_rule(self, number: int) -> set[Window]:
        rule, size = self.rules[number], len(self.folded)
        patterns = [(rule.pattern, rule.ignore_case)] if rule.pattern else []
        patterns += [(keyword(word), True) for word in rule.keywords]
        found = set()
        for end in range(1, size + 1):
            if rule.after and not ending_at(rule.after, rule.ignore_case, None).match(self.folded, end):
                continue
            for pattern, ignore_case in patterns:
                compiled = ending_at(pattern, ignore_case, size - end)
                for start in range(end):
                    if compiled.match(self.folded, start) and self._follows_before(rule, start):
                        window = (self.origin[start], self.origin[end - 1] + 1, number)
                        if self._is_valid(rule, window):
                            found.add(window)
        return found

    def _follows_before(self, rule: Rule, start: int) -> bool:
        if not rule.before:
            return True
        compiled = ending_at(rule.before, rule.ignore_case, len(self.folded) - start)
        return any(compiled.match(self.folded, begin) for begin in range(start + 1))

    def _is_valid(self, rule: Rule, window: Window) -> bool:
        return not rule.validator or VALIDATORS[rule.validator](fold(self.text[window[0] : window[1]]))

    def redact(self) -> tuple[str, set[Hit]]:
        shown, hits, end_of_flags = [], set(), len(self.text)
        at = 0
        windows = [w for w in self.windows() if self.rules[w[2]].operator is not Operator.FLAG]
        block_at = min((w[0] for w in windows if self._operator(w) is Operator.BLOCK), default=None)
        if block_at is not None:
            windows = [w for w in windows if w[0] <= block_at]
        for region in regions(windows):
            start, end = region[0][0], max(w[1] for w in region)
            shown.append(self.text[at:start])
            hits |= self._hits(region)
            blocking = [w for w in region if self._operator(w) is Operator.BLOCK]
            if blocking:
                shown.append(self.rules[self._leading(blocking)[2]].token)
                end_of_flags = start
                break
            shown.append(self._replacement(region, start, end))
            at = end
        else:
            shown.append(self.text[at:])
        return "".join(shown), hits | self._flags(end_of_flags)

    def _flags(self, end: int) -> set[Hit]:
        flags = [rule for rule in self.rules if rule.operator is Operator.FLAG]
        oracle = Oracle(flags, self.text[:end])
        return oracle._hits(oracle.windows())

    def _operator(self, window: Window) -> Operator:
        return self.rules[window[2]].operator

    def _leading(self, region: list[Window]) -> Window:
        def rank(window: Window) -> tuple[int, int, int, int]:
            rule = self.rules[window[2]]
            return rule.priority, window[1] - window[0], STRICTNESS.index(rule.operator), -window[2]

        return max(region, key=rank)

    def _replacement(self, region: list[Window], start: int, end: int) -> str:
        window = self._leading(region)
        rule = self.rules[window[2]]
        if window[:2] == (start, end) and rule.operator is Operator.MASK:
            kept = [char for char in fold(self.text[start:end]) if char.isalnum()]
            count = min(rule.keep_last, len(kept) - 4)
            return "****" + ("".join(kept[-count:]) if count > 0 else "")
        return rule.token

    def _hits(self, region: list[Window]) -> set[Hit]:
        hits = set()
        for number, rule in enumerate(self.rules):
            for group in regions(sorted(w for w in region if w[2] == number)):
                hits.add(Hit(rule.name, group[0][0], max(w[1] for w in group), rule.operator))
        return hits


def regions(windows: list[Window]) -> list[list[Window]]:
    """Groups of windows that overlap one another, in order."""
    groups: list[list[Window]] = []
    end = -1
    for window in windows:
        if window[0] < end:
            groups[-1].append(window)
        else:
            groups.append([window])
        end = max(end, window[1])
    return groups


def keyword(word: str) -> str:
    words = word.split()
    before = r"\b" if re.match(r"\w", words[0]) else ""
    after = r"\b" if re.search(r"\w$", words[-1]) else ""
    return before + r"\s+".join(map(re.escape, words)) + after


@lru_cache(maxsize=100_000)
def ending_at(pattern: str, ignore_case: bool, rest: int | None) -> re.Pattern[str]:
    """``pattern`` when exactly ``rest`` characters follow it, any number for None."""
    end = "" if rest is None else rf"(?=(?s:.){{{rest}}}\Z)"
    return re.compile(f"(?:{pattern}){end}", re.IGNORECASE if ignore_case else 0)
