"""A rule set made ready to run. Equal rule sets share one automaton, and so its warm tables, across sessions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from guard.core.redact.engine.automaton import Automaton
from guard.core.redact.engine.program import Program
from guard.core.redact.rule import Operator, PatternError, Rule
from guard.core.redact.syntax import Node, parse
from guard.core.redact.syntax.charset import SPACE, WORD
from guard.core.redact.syntax.parser import spelled
from guard.core.redact.syntax.tree import (
    EMPTY,
    Chars,
    Repeat,
    choice,
    max_length,
    nullable,
    sequence,
    size,
    word_boundary,
)
from guard.core.redact.validators import VALIDATORS

# A pattern unfolds to this many positions at most: {1,1000} of a group of 100 characters, 2,500 keywords.
LARGEST = 100_000
LONGEST_TOKEN = 200
LONGEST_PATTERN = 20_000
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parts:
    before: Node
    pattern: Node
    after: Node


@dataclass(frozen=True, slots=True)
class Compiled:
    """``rules[n]`` is the automaton's rule n; ``validators[n]`` judges the folded text of its matches."""

    rules: tuple[Rule, ...]
    automaton: Automaton
    validators: tuple[Callable[[str], bool] | None, ...]


@lru_cache(maxsize=64)
def compiled(rules: tuple[Rule, ...], cap: int) -> Compiled:
    """Shared by all who ask for equal rules. Raises ``PatternError`` for the first rule that cannot be used."""
    return compile_rules(rules, cap)


def compile_rules(rules: tuple[Rule, ...], cap: int) -> Compiled:
    program = Program()
    for rule in rules:
        parts = parts_of(rule, cap)
        program.add(parts.before, parts.pattern, parts.after, validated=bool(rule.validator))
    validators = tuple(VALIDATORS[rule.validator] if rule.validator else None for rule in rules)
    return Compiled(rules, Automaton(program), validators)


@lru_cache(maxsize=4096)
def parts_of(rule: Rule, cap: int) -> Parts:
    """The rule's patterns as trees. Raises ``PatternError`` naming the field that is wrong."""
    _check_fields(rule)
    before = _parse("before", rule.before, rule.ignore_case)
    after = _parse("after", rule.after, rule.ignore_case)
    options = [_parse("pattern", rule.pattern, rule.ignore_case)] if rule.pattern else []
    options += map(_keyword, rule.keywords)
    pattern = choice(options)
    if nullable(pattern):
        raise PatternError("pattern matches the empty text")
    if size(before) + size(pattern) + size(after) > LARGEST:
        raise PatternError(f"pattern is too large: it unfolds to more than {LARGEST:,} positions")
    _check_length(rule, pattern, cap)
    return Parts(before, pattern, after)


def _check_fields(rule: Rule) -> None:
    if not rule.name.isprintable() or not 0 < len(rule.name) <= LONGEST_TOKEN:
        raise PatternError(f"name must be 1 to {LONGEST_TOKEN} printable characters")
    if not rule.pattern and not rule.keywords:
        raise PatternError("a rule needs a pattern or keywords")
    if rule.validator and rule.validator not in VALIDATORS:
        raise PatternError(f"validator {rule.validator!r} does not exist")
    if not 0 <= rule.keep_last <= 4:
        raise PatternError("keep_last must be between 0 and 4")
    if len(rule.replacement) > LONGEST_TOKEN:
        raise PatternError(f"replacement is longer than {LONGEST_TOKEN} characters")
    if _SURROGATE.search(rule.replacement):
        raise PatternError("replacement contains half a character, which can be sent nowhere")
    if sum(map(len, rule.keywords)) > LARGEST:
        raise PatternError(f"keywords: together they are longer than {LARGEST:,} characters")
    if not isinstance(rule.operator, Operator):
        # A plain string would equal its member, but is compared by identity: "block" would not block.
        raise PatternError(f"operator {rule.operator!r} is no Operator")


def _check_length(rule: Rule, pattern: Node, cap: int) -> None:
    """A validator judges whole matches, so they must be complete before text is held back for too long."""
    longest = max_length(pattern)
    if rule.validator and (longest is None or longest > cap):
        limit = f"{longest} characters" if longest else "text of any length"
        raise PatternError(
            f"a pattern with a validator must match at most {cap} characters, this one matches {limit}"
        )


def _parse(field: str, pattern: str, ignore_case: bool) -> Node:
    if not pattern:
        return EMPTY
    if len(pattern) > LONGEST_PATTERN:
        raise PatternError(f"{field} is longer than {LONGEST_PATTERN:,} characters")
    try:
        return parse(pattern, ignore_case=ignore_case)
    except PatternError as error:
        raise PatternError(f"{field}: {error.message}", error.position) from None


def _keyword(keyword: str) -> Node:
    """Whole words in any case, any white space between them."""
    words = keyword.split()
    if not words:
        raise PatternError("keywords: a keyword is empty")
    if sum(map(len, words)) > LONGEST_TOKEN:
        raise PatternError(f"keywords: {keyword[:20]!r}... is longer than {LONGEST_TOKEN} characters")
    parts: list[Node] = []
    for word in words:
        parts += [_GAP] if parts else []
        parts += (spelled(char, True) for char in word)
    boundary = word_boundary(True)
    before = [boundary] if words[0][0] in WORD else []
    after = [boundary] if words[-1][-1] in WORD else []
    return sequence(*before, *parts, *after)


_GAP = Repeat(Chars(SPACE), 1, None)


def hiding(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.operator is not Operator.FLAG)


def flagging(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.operator is Operator.FLAG)
