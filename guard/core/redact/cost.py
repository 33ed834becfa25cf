"""What a rule costs, counted in automaton states and transitions: numbers that are the same on every machine."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

from guard.core.redact.compiled import Compiled
from guard.core.redact.engine.automaton import Automaton, Front, Row
from guard.core.redact.hiding import Hiding
from guard.core.redact.sample import BENIGN

_WALK = 1_500
_TRIES = 8
_MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """``states``: automaton states made on ``characters``, most of them chosen to make as many as possible. ``places``:
    mean number of pattern positions in a state. ``masked``: share of plain text that the rule hides. ``held``:
    characters held back on plain text, mean."""

    characters: int
    states: int
    places: float
    masked: float
    held: float


def measure(compiled: Compiled, cap: int) -> Cost:
    masked, held = _on_plain_text(compiled, cap)
    places = _walk(compiled.automaton)
    return Cost(len(BENIGN) + _WALK, compiled.automaton.made, places, masked, held)


def _on_plain_text(compiled: Compiled, cap: int) -> tuple[float, float]:
    hiding = Hiding(compiled, cap, b"measured")
    held = 0
    for at in range(0, len(BENIGN), 4):
        hiding.push(BENIGN[at : at + 4])
        held += hiding.held
    hiding.finish()
    hidden = {place for hit in hiding.hits for place in range(hit.start, hit.end)}
    return len(hidden) / len(BENIGN), held / (len(BENIGN) / 4)


def _walk(automaton: Automaton) -> float:
    """A text made up as it goes, from the characters that lead to states not seen before. Seeded: the same for all."""
    chance = random.Random(len(automaton.program.charsets))  # noqa: S311  (repeatable, not secret)
    letters = _letters(automaton)
    places = 0
    front, row = automaton.edge(), automaton.dead
    for _ in range(_WALK):
        front, row = _next(automaton, front, row, chance.sample(letters, min(_TRIES, len(letters))))
        places += len(row.places) + len(front.places)
    return places / _WALK


def _next(automaton: Automaton, front: Front, row: Row, letters: list[str]) -> tuple[Front, Row]:
    """The step that makes the most new states and keeps the run alive."""
    steps = []
    for number, letter in enumerate(letters):
        before = automaton.made
        begun, following = front.begin(letter)
        onward = row[letter] if row.live else begun
        steps.append(((automaton.made - before, onward.live, -number), following, onward))
    _, following, onward = max(steps, key=lambda step: step[0])
    return following, onward


def _letters(automaton: Automaton) -> list[str]:
    """One character for each kind that the rule can tell apart."""
    listed = sorted({char for charset in automaton.program.charsets for char in charset.singles})
    edges = {edge for charset in automaton.program.charsets for pair in charset.ranges for edge in pair}
    kinds: dict[tuple[int, ...], str] = {}
    for char in [*string.printable, *listed[:_MOST_LISTED], *sorted(edges)]:
        kinds.setdefault(automaton.alphabet[char], char)
    return list(kinds.values())
