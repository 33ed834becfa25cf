"""What a rule costs, counted in automaton states and transitions: numbers that are the same on every machine."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

from guard.core.redact.compiled import Compiled
from guard.core.redact.engine.automaton import Automaton, Front, Row
from guard.core.redact.engine.program import Program
from guard.core.redact.hiding import Hiding
from guard.core.redact.sample import BENIGN

MOST_WORK = 400_000
"""Where measuring ends: the answer is known, and it must not take as long as the pattern would."""

_WALK = 1_500
# A walk that finds nothing new for this long is over: at such a pace no pattern reaches what is refused.
_IDLE = 250
_TRIES = 8
_MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """``states``: automaton states made on ``characters``, most of them chosen to make as many as possible. ``work``:
    pattern positions looked at meanwhile. ``places``: mean number of positions in a state. ``masked``: share of plain
    text that the rule hides. ``held``: characters held back on plain text, mean."""

    characters: int
    states: int
    work: int
    places: float
    masked: float
    held: float


def measure(compiled: Compiled, cap: int) -> Cost:
    automaton = compiled.automaton
    _unfold(automaton.program)
    masked, held = _on_plain_text(compiled, cap)
    walked, places = _walk(automaton)
    return Cost(len(BENIGN) + walked, automaton.made, automaton.program.work, places, masked, held)


def _unfold(program: Program) -> None:
    """Look at every position once: some patterns are dear before they have met a text."""
    for state in program.landings():
        if program.work > MOST_WORK:
            break
        program.exits(state)


def _on_plain_text(compiled: Compiled, cap: int) -> tuple[float, float]:
    hiding = Hiding(compiled, cap, b"measured")
    held = 0
    for at in range(0, len(BENIGN), 4):
        if compiled.automaton.program.work > MOST_WORK:
            break
        hiding.push(BENIGN[at : at + 4])
        held += hiding.held
    hiding.finish()
    hidden = {place for hit in hiding.hits for place in range(hit.start, hit.end)}
    return len(hidden) / len(BENIGN), held / (len(BENIGN) / 4)


def _walk(automaton: Automaton) -> tuple[int, float]:
    """A text made up as it goes, from the characters that lead to states not seen before. Seeded: the same for all.
    Its length, and the mean number of positions in a state."""
    places = walked = idle = 0
    front, row = automaton.edge(), automaton.dead
    for letters in _handfuls(_letters(automaton)):
        if automaton.program.work > MOST_WORK or idle == _IDLE:
            break
        made = automaton.made
        front, row = _next(automaton, front, row, letters)
        places += len(row.places) + len(front.places)
        walked += 1
        idle = 0 if automaton.made > made else idle + 1
    return walked, places / max(walked, 1)


def _handfuls(letters: list[str]) -> Iterator[list[str]]:
    """The letters to try at each step, in an order by chance: all of them if they are few."""
    chance = random.Random(len(letters))  # noqa: S311  (repeatable, not secret)
    few = len(letters) <= _TRIES
    for _ in range(_WALK):
        yield chance.sample(letters, len(letters)) if few else chance.choices(letters, k=_TRIES)


def _next(automaton: Automaton, front: Front, row: Row, letters: list[str]) -> tuple[Front, Row]:
    """The step that makes the most new states and keeps the run alive."""
    best, found = (-1, False), (front, row)
    for letter in letters:
        before = automaton.made
        begun, following = front.begin(letter)
        onward = row[letter] if row.live else begun
        gained = (automaton.made - before, onward.live)
        if gained > best:
            best, found = gained, (following, onward)
    return found


def _letters(automaton: Automaton) -> list[str]:
    """One character for each kind that the rule can tell apart."""
    listed = sorted({char for charset in automaton.program.charsets for char in charset.singles})
    edges = {edge for charset in automaton.program.charsets for pair in charset.ranges for edge in pair}
    kinds: dict[tuple[int, ...], str] = {}
    for char in [*string.printable, *listed[:_MOST_LISTED], *sorted(edges)]:
        kinds.setdefault(automaton.alphabet[char], char)
    return list(kinds.values())
