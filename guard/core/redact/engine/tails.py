"""Where the hidden part of a match ends when the rule has an ``after`` part.

A run only tells that the whole match exists. Here the match is replayed once, each place remembering (as a bit set)
at which characters the hidden part can have ended on the way to it. Needed for real matches only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guard.core.redact.engine.alphabet import Masks
from guard.core.redact.engine.automaton import Automaton, Front
from guard.core.redact.engine.program import Item, Part

Ends = dict[Item, int]


def hidden_ends(
    automaton: Automaton, front: Front, rule: int, chars: Sequence[Masks], *, complete: bool
) -> list[int]:
    """Lengths of the hidden part of ``rule``'s matches that start with the first of ``chars``, longest first.

    ``complete`` tells that the text ends behind ``chars``; otherwise nothing is known of what follows.
    """
    replay = _Replay(automaton, rule)
    places = replay.begin(front, chars[0])
    for number, masks in enumerate(chars[1:], 2):
        for mask in masks:
            replay.accept(places, mask)
            places = replay.advance(places, mask, 1 << number)
    replay.accept(places, None, known=complete)
    return sorted(_bits(replay.found), reverse=True)


class _Replay:
    def __init__(self, automaton: Automaton, rule: int) -> None:
        self._automaton = automaton
        self._rule = rule
        self.found = 0

    def begin(self, front: Front, masks: Masks) -> Ends:
        """A match may begin with each of the characters that the first one, perhaps a ligature, folds to."""
        places: Ends = {}
        for number, mask in enumerate(masks):
            self.accept(places, mask)
            here = self._automaton.begin(front, masks[:number])[1] if number else front
            places |= dict.fromkeys(here.starts(self._rule), 0)
            places = self.advance(places, mask, 1 << 1)
        return places

    def accept(self, places: Ends, mask: int | None, *, known: bool = True) -> None:
        """Take note of the matches that end before the character of ``mask``, None for the end of the text."""
        for item, ends in places.items():
            decided = not item.aheads or (known and self._automaton.allows(item.aheads, mask))
            if item.accepts and item.rule == self._rule and decided:
                self.found |= ends

    def advance(self, places: Ends, mask: int, position: int) -> Ends:
        reached: Ends = {}
        for item, ends in places.items():
            if not mask & item.bit or not self._automaton.allows(item.aheads, mask):
                continue
            for following, behinds in self._automaton.program.exits(item.following):
                if self._automaton.allows(behinds, mask):
                    ended = position if item.part is Part.PATTERN and following.part is Part.AFTER else ends
                    reached[following] = reached.get(following, 0) | ended
        return reached


def _bits(number: int) -> Iterator[int]:
    return (place for place in range(number.bit_length()) if number >> place & 1)
