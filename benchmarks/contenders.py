"""Who is measured: Sallyport's streams, and what people use instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import re2

from guard.core.redact import Redactor, Rule

# Whoever cannot tell how much to hold back must hold back the longest value that there may be.
TAIL = 256
_LOOK_AROUND = re.compile(r"\(\?<?[=!](?:[^()\[\]\\]|\\.|\[(?:\\.|[^\]])*\]|\([^()]*\))*\)")
_CODE_POINT = re.compile(r"\\u([0-9a-f]{4})")
Pattern = TypeVar("Pattern")
_TOKEN = "[X]"  # noqa: S105  (what is shown, not a secret)


@dataclass(frozen=True, slots=True)
class Contender:
    """``redact`` takes the deltas of one message and returns what its reader sees. ``refused``: rules it cannot
    express."""

    name: str
    redact: Callable[[Sequence[str]], str]
    refused: int = 0


def sallyport(rules: Sequence[Rule]) -> Contender:
    redactor = Redactor(rules)

    def redact(deltas: Sequence[str]) -> str:
        stream = redactor.stream()
        return "".join(map(stream.push, deltas)) + stream.finish()

    return Contender("Sallyport", redact)


def per_delta(rules: Sequence[Rule]) -> Contender:
    """What most guards do: each delta on its own. Fast, and blind for every value longer than a delta."""
    patterns, refused = _compiled(rules, re.compile)

    def redact(deltas: Sequence[str]) -> str:
        shown = []
        for delta in deltas:
            for pattern in patterns:
                delta = pattern.sub(_TOKEN, delta)
            shown.append(delta)
        return "".join(shown)

    return Contender("re.sub per delta", redact, refused)


def re2_tail(rules: Sequence[Rule]) -> Contender:
    """google-re2 over the last 256 characters: a set tells which rules match, these are replaced. RE2 cannot tell where
    an unfinished match begins, so the whole tail stays held."""
    patterns, refused = _compiled(rules, _as_re2)
    found_by = re2.Set.SearchSet(_quiet())
    for pattern in patterns:
        found_by.Add(pattern.pattern)
    found_by.Compile()

    def redact(deltas: Sequence[str]) -> str:
        shown, tail = [], ""
        for delta in deltas:
            tail += delta
            for number in found_by.Match(tail) or ():
                tail = patterns[number].sub(_TOKEN, tail)
            shown.append(tail[:-TAIL])
            tail = tail[-TAIL:]
        return "".join(shown) + tail

    return Contender("google-re2, 256 held", redact, refused)


def _as_re2(pattern: str) -> re2._Regexp:
    """RE2 has no look-around, and writes two things in its own way."""
    pattern = _LOOK_AROUND.sub("", pattern).replace(r"\Z", r"\z")
    return re2.compile(_CODE_POINT.sub(r"\\x{\1}", pattern), options=_quiet())


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 256 << 20
    return options


def _compiled(rules: Sequence[Rule], compiler: Callable[[str], Pattern]) -> tuple[list[Pattern], int]:
    """The rules that ``compiler`` accepts, and how many it refuses."""
    patterns: list[Pattern] = []
    refused = 0
    for rule in rules:
        try:
            patterns.append(compiler(_written(rule)))
        except (re.error, re2.error):
            refused += 1
    return patterns, refused


def _written(rule: Rule) -> str:
    keywords = [rf"(?i:\b{re.escape(keyword)}\b)" for keyword in rule.keywords]
    body = "|".join([rule.pattern] * bool(rule.pattern) + keywords)
    flags = "(?i)" if rule.ignore_case else ""
    return f"{flags}(?:{rule.before})(?:{body})(?:{rule.after})"
