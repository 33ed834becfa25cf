"""From what the automaton accepted to the windows that count: validators have been asked, ``after`` parts cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guard.core.redact.compiled import Compiled
from guard.core.redact.engine.scan import Decided, Scan
from guard.core.redact.engine.tails import hidden_ends
from guard.core.redact.fold import fold

OVERLONG = -1
UNFINISHED = -2


@dataclass(slots=True)
class Window:
    """``rule`` matched the text from ``start`` to ``end``; a number of the compiled rule set, or OVERLONG,
    UNFINISHED."""

    start: int
    end: int
    rule: int


def windows(compiled: Compiled, scan: Scan, decided: Decided) -> list[Window]:
    """For every rule the longest valid window of this start: it covers the shorter ones."""
    found: dict[int, Window] = {}
    refused: set[int] = set()
    for end, rules in reversed(decided.ends):
        for rule in rules:
            if rule in found or rule in refused:
                continue
            if compiled.automaton.program.has_after[rule]:
                refused.add(rule)
                ends = _hidden_ends(compiled, scan, decided, rule)
            else:
                ends = iter((end,))
            valid = next((end for end in ends if _is_valid(compiled, scan, decided.start, end, rule)), None)
            if valid is not None:
                found[rule] = Window(decided.start, valid, rule)
    return list(found.values())


def _hidden_ends(compiled: Compiled, scan: Scan, decided: Decided, rule: int) -> Iterator[int]:
    alphabet = compiled.automaton.alphabet
    chars = [alphabet[char] for char in scan.piece(decided.start, decided.reach)]
    complete = decided.reach > scan.length
    lengths = hidden_ends(compiled.automaton, decided.front, rule, chars, complete=complete)
    return (decided.start + length for length in lengths)


def _is_valid(compiled: Compiled, scan: Scan, start: int, end: int, rule: int) -> bool:
    validator = compiled.validators[rule]
    return validator is None or validator(fold(scan.piece(start, end)))
