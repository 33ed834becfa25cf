"""The program's deterministic states, made when a text first needs them.

A ``Row`` is a run's state; looking up a character in it gives the next row. A ``Front`` stands between two characters
and knows what may begin there: which runs, and how far the ``before`` parts have got.

Safe to share by streams and threads without a lock: every entry of every table is computed from immutable values only,
and stored by one assignment after everything it refers to. Two threads may compute the same entry twice, never a
different one. Dropping the tables at any moment changes nothing but the time until they are filled again.
"""

from __future__ import annotations

from collections.abc import Iterable

from guard.core.redact.engine.alphabet import Alphabet, Masks
from guard.core.redact.engine.program import Item, Part, Program

MOST_STATES = 16_000
MOST_ENTRIES = 500_000
# Characters cached per state: enough for the scripts of a text, too few for one of every kind of character.
_MOST_PER_STATE = 512

Items = frozenset[Item]
Rules = tuple[int, ...]
_NONE = Items()


class Row(dict[str, "Row"]):
    """State of a run. ``accepts``: rules that match up to here, whatever follows. ``gated``: whether the next character
    decides on more of them. ``live``: whether any character can continue it. ``stops``: the scan must look closer."""

    __slots__ = ("accepts", "automaton", "by_masks", "gated", "gates", "live", "merges", "places", "stops")

    def __init__(self, automaton: Automaton, items: Items, within: Rules) -> None:
        super().__init__()
        self.automaton = automaton
        self.places = items
        ends = [item for item in items if item.accepts]
        self.accepts: Rules = tuple(sorted({item.rule for item in ends if not item.aheads} | set(within)))
        self.gated = any(item.aheads for item in ends)
        self.live = len(ends) < len(items) or self.gated
        self.merges = all(item.merges for item in items)
        self.stops = bool(self.accepts) or self.gated or not self.live
        self.by_masks: dict[Masks, Row] = {}
        self.gates: dict[Masks, Rules] = {}

    def __missing__(self, char: str) -> Row:
        row = self.after(self.automaton.alphabet[char])
        if len(self) < _MOST_PER_STATE:
            self.automaton.count_entry()
            self[char] = row
        return row

    def after(self, masks: Masks) -> Row:
        row = self.by_masks.get(masks)
        if row is None:
            self.automaton.count_entry()
            row = self.by_masks[masks] = self.automaton.step(self, masks) if masks else self
        return row

    def accepted_before(self, masks: Masks | None) -> Rules:
        """Rules that match up to here because of the character that follows, None for the end of the text."""
        if masks == ():
            return ()
        rules = self.gates.get(masks or ())
        if rules is None:
            mask = masks[0] if masks else None
            found = {
                item.rule for item in self.places if item.accepts and self.automaton.allows(item.aheads, mask)
            }
            rules = self.gates[masks or ()] = tuple(sorted(found.difference(self.accepts)))
        return rules


class Origin:
    """What every rule begins with behind a certain kind of character: the same few hundred items in front after
    front, so what follows them is computed once for each character instead of once for each front."""

    __slots__ = ("_after", "_automaton", "_befores", "by_rule", "items", "starts")

    def __init__(self, automaton: Automaton, items: Items) -> None:
        self._automaton = automaton
        self.items = items
        self.starts = _past_before(items)
        self.by_rule = _by_rule(self.starts)
        self._befores = items - self.starts
        self._after: dict[int, tuple[Items, Items]] = {}

    def after(self, mask: int) -> tuple[Items, Items]:
        """(the run that starts with a character of ``mask``, how far ``before`` parts have got with it)."""
        found = self._after.get(mask)
        if found is None:
            advance = self._automaton.advance
            found = self._after[mask] = advance(self.starts, mask), advance(self._befores, mask)
        return found


class Front(dict[str, "Front | None"]):
    """Between two characters: an origin, and the items that ``before`` parts have reached (``places``). The entry of a
    character is the next front if no run can begin with it, None if one can."""

    __slots__ = ("_begun", "_by_masks", "automaton", "origin", "places", "reached")

    def __init__(self, automaton: Automaton, origin: Origin, places: Items) -> None:
        super().__init__()
        self.automaton = automaton
        self.origin = origin
        self.places = places
        self.reached = _past_before(places)
        self._begun: dict[str, tuple[Row, Front]] = {}
        self._by_masks: dict[Masks, tuple[Row, Front]] = {}

    def __missing__(self, char: str) -> Front | None:
        row, following = self.begin(char)
        skipped = following if row is self.automaton.dead else None
        if len(self) < _MOST_PER_STATE:
            self.automaton.count_entry()
            self[char] = skipped
        return skipped

    def begin(self, char: str) -> tuple[Row, Front]:
        """The run that starts with ``char``, and the front behind it."""
        found = self._begun.get(char)
        if found is None:
            found = self._after(self.automaton.alphabet[char])
            if len(self._begun) < _MOST_PER_STATE:
                self.automaton.count_entry()
                self._begun[char] = found
        return found

    def starts(self, rule: int) -> Items:
        """Where ``rule`` may begin."""
        return self.origin.by_rule.get(rule, _NONE).union(item for item in self.reached if item.rule == rule)

    def _after(self, masks: Masks) -> tuple[Row, Front]:
        found = self._by_masks.get(masks)
        if found is None:
            self.automaton.count_entry()
            found = self._by_masks[masks] = self.automaton.begin(self, masks)
        return found


class Automaton:
    def __init__(self, program: Program, most_states: int = MOST_STATES) -> None:
        self.program = program
        self.alphabet = Alphabet(program.charsets)
        self.dead = Row(self, frozenset(), ())
        self.most_states = most_states
        self.made = 0
        self.generation = 0
        self._entries = 0
        self._rows: dict[tuple[Items, Rules], Row] = {}
        self._fronts: dict[tuple[Origin, Items], Front] = {}
        self._origins: dict[int | None, Origin] = {}
        self._origins_by_items: dict[Items, Origin] = {}

    def edge(self) -> Front:
        """The front before the first character of a text."""
        return self.front(self._origin(None), frozenset())

    def front(self, origin: Origin, places: Items) -> Front:
        front = self._fronts.get((origin, places))
        if front is None:
            self._make_room()
            front = self._fronts.setdefault((origin, places), Front(self, origin, places))
        return front

    def row(self, items: Items, within: Rules = ()) -> Row:
        """``within``: rules that ended inside the last character, of which a ligature has several."""
        if not items and not within:
            return self.dead
        row = self._rows.get((items, within))
        if row is None:
            self._make_room()
            row = self._rows.setdefault((items, within), Row(self, items, within))
        return row

    def step(self, row: Row, masks: Masks) -> Row:
        items, within = self.advance(row.places, masks[0]), frozenset[int]()
        for mask in masks[1:]:
            within |= self._ended(items, mask)
            items = self.advance(items, mask)
        return self.row(items, tuple(sorted(within)))

    def begin(self, front: Front, masks: Masks) -> tuple[Row, Front]:
        if not masks:
            return self.dead, front
        run, within = Items(), frozenset[int]()
        origin, places, reached = front.origin, front.places, front.reached
        for number, mask in enumerate(masks):
            if number:
                within |= self._ended(run, mask)
                reached = _past_before(places)
            begun, announced = origin.after(mask)
            run = self.advance(run | reached, mask) | begun
            origin, places = self._origin(mask), self.advance(places - reached, mask) | announced
        return self.row(run, tuple(sorted(within))), self.front(origin, places - origin.items)

    def advance(self, items: Iterable[Item], mask: int) -> Items:
        """Items of the next position, once a character of this ``mask`` has been consumed."""
        program, found = self.program, set[Item]()
        for item in items:
            # Nearly all items wait for another character: this line is what a new state costs.
            if not mask & item.bit or (item.aheads and not self.allows(item.aheads, mask)):
                continue
            exits = program.exits(item.following)
            program.work += exits.count
            found |= exits.free
            for following, behinds in exits.bound:
                if self.allows(behinds, mask):
                    found.add(following)
        return frozenset(found)

    def allows(self, looks: tuple[int, ...], mask: int | None) -> bool:
        """Whether the character of ``mask``, or the edge of the text for None, satisfies all conditions."""
        for look in looks:
            charset, _, wanted, at_edge = self.program.looks[look]
            if at_edge is False if mask is None else bool(mask >> charset & 1) is not wanted:
                return False
        return True

    def _ended(self, items: Items, mask: int) -> frozenset[int]:
        return frozenset(item.rule for item in items if item.accepts and self.allows(item.aheads, mask))

    def _origin(self, mask: int | None) -> Origin:
        """What every rule begins with, behind a character of ``mask``. As many as there are kinds of characters that
        the rules look back at: a handful, which is why they are never dropped."""
        origin = self._origins.get(mask)
        if origin is None:
            items = frozenset(
                item
                for first in self.program.origins
                for item, behinds in self.program.exits(first)
                if self.allows(behinds, mask)
            )
            origin = self._origins_by_items.setdefault(items, Origin(self, items))
            self._origins[mask] = origin
        return origin

    def count_entry(self) -> None:
        """One more entry in some state's table. Threads may miscount; the bound is none that needs to be exact."""
        self._entries += 1
        if self._entries >= MOST_ENTRIES:
            self._forget()

    def _make_room(self) -> None:
        self.made += 1
        if len(self._rows) + len(self._fronts) >= self.most_states:
            self._forget()

    def _forget(self) -> None:
        """Memory is bounded by starting again; streams in flight keep their states and find new ones beside them."""
        self._rows, self._fronts, self._entries = {}, {}, 0
        self.generation += 1


def _past_before(items: Items) -> Items:
    return frozenset([item for item in items if item.part is not Part.BEFORE])


def _by_rule(items: Items) -> dict[int, Items]:
    found: dict[int, set[Item]] = {}
    for item in items:
        found.setdefault(item.rule, set()).add(item)
    return {rule: frozenset(own) for rule, own in found.items()}
