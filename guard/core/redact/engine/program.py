"""All rules of a redactor as one nondeterministic automaton: what may follow what, under which conditions.

States are numbers. ``Item`` is what a run consists of: a place that waits for a character of a set, or the end of a
rule, each under conditions on the next character.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from enum import IntEnum

from guard.core.redact.rule import PatternError
from guard.core.redact.syntax.charset import CharSet
from guard.core.redact.syntax.tree import EMPTY, Chars, Choice, Look, Node, Repeat, Sequence

# Where a position leads without a character being read: 10,000 keywords begin in one place. More than this is
# conditions that multiply, as a dozen look-arounds in a row do.
_MOST_LEADS = 300_000


class Part(IntEnum):
    """Which part of its rule a state belongs to. Only PATTERN is hidden."""

    BEFORE = 0
    PATTERN = 1
    AFTER = 2


_PARTS = len(Part)


class Item:
    """``following`` is -1 for the end of a rule, which ``accepts``; ``bit`` is that of the awaited character set in a
    mask, none for the end of a rule. ``aheads`` are conditions on the next character.

    ``merges`` tells whether two runs that meet in this item have the same future from there on. They have not when a
    validator will look at where they began, nor when the hidden part has ended already.
    """

    __slots__ = ("accepts", "aheads", "bit", "following", "merges", "part", "rule")

    def __init__(
        self, rule: int, part: Part, charset: int, following: int, aheads: tuple[int, ...], merges: bool
    ) -> None:
        self.rule = rule
        self.part = part
        self.bit = 0 if charset < 0 else 1 << charset
        self.accepts = charset < 0
        self.following = following
        self.aheads = aheads
        self.merges = merges


_Looks = frozenset[int]
_Place = tuple[int, _Looks, _Looks]
"""A state, and the conditions on the previous and on the next character that lead to it."""
Exit = tuple[Item, tuple[int, ...]]
"""An item and the conditions on the previous character under which it is reached."""


class Exits:
    """Where a state leads: ``free`` items are reached whatever the previous character is, ``bound`` ones conditionally.

    Told apart because nearly all are free, and a set takes them in without asking about each.
    """

    __slots__ = ("bound", "count", "free")

    def __init__(self, exits: Iterable[Exit]) -> None:
        found = tuple(exits)
        self.free = frozenset(item for item, behinds in found if not behinds)
        self.bound = tuple((item, behinds) for item, behinds in found if behinds)
        self.count = len(found)

    def __iter__(self) -> Iterator[Exit]:
        yield from ((item, ()) for item in self.free)
        yield from self.bound


class Program:
    """Immutable once built, but for ``_exits`` and ``_items``: tables filled on demand, each entry written once.

    ``work`` counts places looked at, as a measure of cost that no machine's speed changes; threads may miscount.
    """

    def __init__(self) -> None:
        self.charsets: list[CharSet] = []
        self.looks: list[tuple[int, bool, bool, bool]] = []
        self.origins: list[int] = []
        self._charset_ids: dict[CharSet, int] = {}
        self._look_ids: dict[tuple[int, bool, bool, bool], int] = {}
        self._consumes: dict[int, tuple[int, int]] = {}
        self._skips: dict[int, list[tuple[int, int]]] = {}
        # Rule and part of each state as one number: a hundred thousand tuples would keep the garbage collector busy.
        self._owners = array("l")
        self._ends: dict[int, int] = {}
        self._validated: list[bool] = []
        self.has_after: list[bool] = []
        self._exits: dict[int, Exits] = {}
        self._items: dict[tuple[int, tuple[int, ...]], Item] = {}
        self.work = 0

    def add(self, before: Node, pattern: Node, after: Node, *, validated: bool) -> None:
        """One more rule; rules are numbered in the order in which they are added."""
        rule = len(self._validated)
        self._validated.append(validated)
        self.has_after.append(after != EMPTY)
        first = last = -1
        for part, node in ((Part.BEFORE, before), (Part.PATTERN, pattern), (Part.AFTER, after)):
            entry, way_out = _Builder(self, rule, part).build(node)
            if last >= 0:
                self.skip(last, entry)
            else:
                first = entry
            last = way_out
        end = self.new_state(rule, Part.AFTER)
        self.skip(last, end)
        self._ends[end] = rule
        self.origins.append(first)

    def new_state(self, rule: int, part: Part) -> int:
        self._owners.append(rule * _PARTS + part)
        return len(self._owners) - 1

    def consumes(self, state: int) -> bool:
        """Whether it awaits a character already; it can await those of one set only."""
        return state in self._consumes

    def consume(self, state: int, charset: CharSet, following: int) -> None:
        self._consumes[state] = (self._charset_id(charset), following)

    def skip(self, state: int, following: int, look: Look | None = None) -> None:
        self._skips.setdefault(state, []).append((-1 if look is None else self._look_id(look), following))

    def landings(self) -> list[int]:
        """The states in which a character is awaited or a rule ends: where its rules begin, and behind a character."""
        return self.origins + [following for _, following in self._consumes.values()]

    def exits(self, state: int) -> Exits:
        """Every item that can be reached from ``state`` without consuming a character."""
        found = self._exits.get(state)
        if found is None:
            found = self._exits[state] = Exits(self._closure(state))
        return found

    def _closure(self, state: int) -> Iterable[Exit]:
        """Without conditions a place is its state alone: that is nearly all of them, and a set of numbers is cheap."""
        free, bound = self._free(state)
        reached: dict[_Place, None] = {}
        while bound:
            place = bound.pop()
            if place in reached:
                continue
            reached[place] = None
            self._count(len(free) + len(reached))
            for look, following in self._skips.get(place[0], ()):
                bound += self._beyond(look, following, *place[1:])
        exits: dict[Exit, None] = {(self._item(here, ()), ()): None for here in free if self._lands(here)}
        for here, behinds, aheads in reached:
            if self._lands(here):
                exits[self._item(here, tuple(sorted(aheads))), tuple(sorted(behinds))] = None
        return exits

    def _free(self, state: int) -> tuple[set[int], list[_Place]]:
        """States reached under no condition, and the places behind the first condition on the way."""
        free, bound, waiting = {state}, list[_Place](), [state]
        while waiting:
            here = waiting.pop()
            self._count(len(free))
            for look, following in self._skips.get(here, ()):
                if look >= 0:
                    bound += self._beyond(look, following, _Looks(), _Looks())
                elif following not in free:
                    free.add(following)
                    waiting.append(following)
        return free, bound

    def _lands(self, state: int) -> bool:
        return state in self._consumes or state in self._ends

    def _count(self, reached: int) -> None:
        self.work += 1
        if reached > _MOST_LEADS:
            raise PatternError(
                f"pattern is too slow: one of its positions leads to more than {_MOST_LEADS:,} others at once"
            )

    def _beyond(self, look: int, following: int, behinds: _Looks, aheads: _Looks) -> Iterable[_Place]:
        """``following`` under the conditions so far and, unless it is -1 for none, ``look``."""
        if look < 0:
            yield following, behinds, aheads
        elif self.looks[look][1]:
            if self._can_join(look, aheads):
                yield following, behinds, aheads | {look}
        elif self._can_join(look, behinds):
            yield following, behinds | {look}, aheads

    def _can_join(self, look: int, others: _Looks) -> bool:
        """Whether some character, or the edge of the text, satisfies ``look`` and all ``others`` of the same set."""
        charset, _, wanted, at_edge = self.looks[look]
        for other in others:
            same, _, other_wanted, other_at_edge = self.looks[other]
            if same == charset and wanted is not other_wanted and not (at_edge and other_at_edge):
                return False
        return True

    def _item(self, state: int, aheads: tuple[int, ...]) -> Item:
        found = self._items.get((state, aheads))
        if found is not None:
            return found
        rule, part = divmod(self._owners[state], _PARTS)
        charset, following = self._consumes.get(state, (-1, -1))
        ended = part == Part.AFTER and self.has_after[rule]
        merges = not self._validated[rule] and not ended
        # setdefault is atomic: whichever thread comes first, all get the same item.
        return self._items.setdefault(
            (state, aheads), Item(rule, Part(part), charset, following, aheads, merges)
        )

    def _charset_id(self, charset: CharSet) -> int:
        known = self._charset_ids.get(charset)
        if known is None:
            known = self._charset_ids[charset] = len(self.charsets)
            self.charsets.append(charset)
        return known

    def _look_id(self, look: Look) -> int:
        key = (self._charset_id(look.charset), look.ahead, look.wanted, look.at_edge)
        if key not in self._look_ids:
            self._look_ids[key] = len(self.looks)
            self.looks.append(key)
        return self._look_ids[key]


class _Builder:
    """Adds the states of one part of one rule (Thompson's construction)."""

    def __init__(self, program: Program, rule: int, part: Part) -> None:
        self._program = program
        self._rule = rule
        self._part = part

    def build(self, node: Node) -> tuple[int, int]:
        """(entry, way out) of the states that stand for ``node``."""
        match node:
            case Chars(charset):
                entry, way_out = self._new(), self._new()
                self._program.consume(entry, charset, way_out)
                return entry, way_out
            case Look():
                entry, way_out = self._new(), self._new()
                self._program.skip(entry, way_out, node)
                return entry, way_out
            case Sequence(parts):
                return self._chain(parts)
            case Choice(options):
                return self._fork(options)
            case Repeat(part, low, high):
                return self._repeat(part, low, high)

    def _new(self) -> int:
        return self._program.new_state(self._rule, self._part)

    def _chain(self, parts: Iterable[Node]) -> tuple[int, int]:
        entry = here = self._new()
        for part in parts:
            here = self._append(here, part)
        return entry, here

    def _append(self, here: int, node: Node) -> int:
        if isinstance(node, Chars) and not self._program.consumes(here):
            way_out = self._new()
            self._program.consume(here, node.charset, way_out)
            return way_out
        entry, way_out = self.build(node)
        self._program.skip(here, entry)
        return way_out

    def _fork(self, options: Iterable[Node]) -> tuple[int, int]:
        entry, way_out = self._new(), self._new()
        for option in options:
            self._program.skip(self._append(entry, option), way_out)
        return entry, way_out

    def _repeat(self, node: Node, low: int, high: int | None) -> tuple[int, int]:
        entry, way_out = self._new(), self._new()
        here = entry
        for _ in range(low):
            here = self._append(here, node)
        if high is None:
            loop = self._new()
            self._program.skip(here, loop)
            self._program.skip(self._append(loop, node), loop)
            here = loop
        for _ in range(0 if high is None else high - low):
            self._program.skip(here, way_out)
            here = self._append(here, node)
        self._program.skip(here, way_out)
        return entry, way_out
