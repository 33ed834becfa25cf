"""INTERIM: right answers, but a stream holds everything until it ends. The automaton replaces this file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from guard.core.redact.rule import Hit, Operator, PatternError, Redaction, Rule

VALIDATORS: Mapping[str, Callable[[str], bool]] = {}


def check(rule: Rule) -> None:
    try:
        re.compile(rule.pattern)
    except re.error as error:
        raise PatternError(error.msg, error.pos) from None


class Redactor:
    def __init__(self, rules: Iterable[Rule] = (), *, cap: int = 256, hash_key: bytes = b"") -> None:
        self.rules = tuple(rules)
        for rule in self.rules:
            check(rule)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def whole(self, text: str, *, cut: bool = False) -> Redaction:
        hits = sorted((h for rule in self.rules for h in _hits(rule, text)), key=lambda h: (h.start, -h.end))
        out, at = [], 0
        tokens = {rule.name: rule.token for rule in self.rules}
        for hit in hits:
            if hit.operator is Operator.FLAG or hit.start < at:
                continue
            out += [text[at : hit.start], tokens[hit.rule]]
            at = hit.end
            if hit.operator is Operator.BLOCK:
                return Redaction("".join(out), tuple(hits))
        return Redaction("".join([*out, text[at:]]), tuple(hits))

    def stream(self) -> Stream:
        return Stream(self)


def _hits(rule: Rule, text: str) -> Iterable[Hit]:
    patterns = [(rule.pattern, re.I if rule.ignore_case else 0)] if rule.pattern else []
    patterns += [(rf"\b{re.escape(word)}\b", re.I) for word in rule.keywords]
    for pattern, flags in patterns:
        for match in re.finditer(pattern, text, flags):
            if match.end() > match.start():
                yield Hit(rule.name, match.start(), match.end(), rule.operator)


class Stream:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._text = ""
        self.blocked = False
        self.hits: list[Hit] = []

    @property
    def held(self) -> int:
        return len(self._text)

    def push(self, delta: str) -> str:
        if not self._redactor:
            return delta
        self._text += delta
        return ""

    def finish(self) -> str:
        redaction = self._redactor.whole(self._text)
        self._text = ""
        self.hits += redaction.hits
        self.blocked = any(hit.operator is Operator.BLOCK for hit in redaction.hits)
        return redaction.text

    def cut(self) -> str:
        return self.finish()
