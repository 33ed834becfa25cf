"""Runs over a text that is still arriving: which windows match, and up to where everything is decided.

For every start the automaton runs until it is dead; then the windows of that start are known and the next start's turn
comes. A run that is still alive at the end of what has arrived *is* the hold-back: every earlier start is decided, and
some continuation would hide text from this one on. Everything here is a function of the text alone, never of how it was
cut: that is why the position at which a start was decided (``reach``) is reported with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from guard.core.redact.engine.automaton import Automaton, Front, Row, Rules

# Distance of the checkpoints at which a run compares itself with an earlier one: a run that is in the very state
# an earlier run was in has the same future, so it may stop. This is what makes unbounded patterns linear.
CHECKPOINT = 16


class _Outcome(Enum):
    OVER = auto()
    WAITING = auto()
    TOO_LONG = auto()


@dataclass(frozen=True, slots=True)
class Decided:
    """A start whose run is over; ``front`` is the state before it. ``ends``: (end, rules) of every acceptance, shortest
    first, absolute positions. ``reach``: how much of the text had to arrive for the decision, the end of the text
    counting as one more. ``overlong``: the run's state when it was still alive after ``cap`` characters."""

    start: int
    front: Front
    ends: tuple[tuple[int, Rules], ...]
    reach: int
    overlong: Row | None


class Scan:
    """Positions are absolute: characters since the beginning of the text. ``steps`` counts transitions, as a measure of
    cost that no machine's speed changes."""

    __slots__ = (
        "_at", "_automaton", "_base", "_cap", "_ends", "_following", "_front", "_generation",
        "_reach", "_row", "_start", "_trace", "steps", "text",
    )  # fmt: skip

    def __init__(self, automaton: Automaton, cap: int) -> None:
        self._automaton = automaton
        self._cap = cap
        self._generation = automaton.generation
        self._front = self._following = automaton.edge()
        self._row: Row | None = None
        self._ends: list[tuple[int, Rules]] = []
        self._trace: dict[int, Row] = {}
        self._base = self._start = self._at = self._reach = 0
        self.text = ""
        self.steps = 0

    @property
    def start(self) -> int:
        """Every start before this one is decided."""
        return self._base + self._start

    @property
    def length(self) -> int:
        return self._base + len(self.text)

    @property
    def running(self) -> bool:
        """Whether a start is undecided: some continuation could still hide text from ``start`` on."""
        return self._row is not None

    def piece(self, start: int, end: int) -> str:
        return self.text[start - self._base : end - self._base]

    def feed(self, text: str) -> None:
        self.text += text
        if self._generation != self._automaton.generation:
            self._rejoin()

    def drop(self, position: int) -> str:
        """Forget the text before ``position``, which must be decided, and return it."""
        count = position - self._base
        if not count:
            return ""
        dropped, self.text = self.text[:count], self.text[count:]
        self._base += count
        self._start -= count
        self._at -= count
        if len(self._trace) > self._cap // CHECKPOINT + 8:
            self._trace = {place: row for place, row in self._trace.items() if place >= self._base}
        return dropped

    def decide(self, *, ending: bool, every: bool) -> Decided | None:
        """The next start that matches something, or with ``every`` the next one whose run began at all. None when the
        rest must wait for more text; with ``ending`` nothing waits."""
        while self._seek():
            outcome = self._run()
            if outcome is _Outcome.WAITING:
                if not ending:
                    return None
                self._reach_the_end()
            if self._ends or every or outcome is _Outcome.TOO_LONG:
                return self._settle(outcome)
            self._move_on()
        return None

    def give_up(self) -> Decided:
        """Decide the waiting run by what it has accepted so far."""
        self._reach = len(self.text) + 1
        return self._settle(_Outcome.OVER)

    def skip_to_end(self) -> None:
        """Leave every start that has arrived undecided; the caller has hidden them all."""
        self._start = len(self.text)

    def _seek(self) -> bool:
        """Go to the first start that is not dead at once; False if none has arrived."""
        if self._row is not None:
            return True
        front, start, text = self._front, self._start, self.text
        for char in text[start:]:
            following = front[char]
            if following is None:
                self._begin(front, start, char)
                return True
            front = following
            start += 1
        self._front, self._start = front, start
        return False

    def _begin(self, front: Front, start: int, char: str) -> None:
        row, self._following = front.begin(char)
        self._front, self._row, self._start = front, row, start
        self._at = self._reach = start + 1
        if row.accepts:
            self._ends.append((self._base + start + 1, row.accepts))

    def _run(self) -> _Outcome:
        """Advance the run of the present start as far as the text goes."""
        row, at, text = self._row, self._at, self.text
        assert row is not None  # noqa: S101  (only called when _seek has begun a run)
        first, size, limit = at, len(text), self._start + self._cap
        outcome = _Outcome.OVER
        while row.live:
            if at >= limit:
                outcome = _Outcome.TOO_LONG
                break
            if at == size:
                outcome = _Outcome.WAITING
                break
            stop = min(size, limit, ((self._base + at) | (CHECKPOINT - 1)) + 1 - self._base)
            if row.gated:
                stop = at + 1
                self._pass_gate(row, at)
            following = row
            for char in text[at:stop]:
                following = row[char]
                if following.stops:
                    break
                row = following
                at += 1
            if following.stops:
                if following is self._automaton.dead:
                    self._reach = at + 1
                    break
                at += 1
                # An invisible character keeps a run in its row, without being part of a match.
                if following.accepts and (following is not row or self._automaton.alphabet[char]):
                    self._ends.append((self._base + at, following.accepts))
                row = following
            self._reach = at
            if not (self._base + at) % CHECKPOINT and row.live and self._meets_earlier_run(row, at):
                break
        self.steps += at - first
        self._row, self._at = row, at
        return outcome

    def _pass_gate(self, row: Row, at: int) -> None:
        rules = row.accepted_before(self._automaton.alphabet[self.text[at]])
        if rules:
            self._ends.append((self._visible_end(at), rules))

    def _reach_the_end(self) -> None:
        assert self._row is not None  # noqa: S101  (only called for a waiting run)
        self._reach = len(self.text) + 1
        rules = self._row.accepted_before(None)
        if rules:
            self._ends.append((self._visible_end(len(self.text)), rules))

    def _visible_end(self, at: int) -> int:
        """A match ends behind its last visible character."""
        while not self._automaton.alphabet[self.text[at - 1]]:
            at -= 1
        return self._base + at

    def _meets_earlier_run(self, row: Row, at: int) -> bool:
        earlier = self._trace.get(self._base + at)
        if earlier is None:
            self._trace[self._base + at] = row
            return False
        # By value: after the tables were dropped, equal states are different rows.
        return row.merges and (earlier is row or earlier.places == row.places)

    def _settle(self, outcome: _Outcome) -> Decided:
        overlong = self._row if outcome is _Outcome.TOO_LONG else None
        reach = self._at if overlong is not None else self._reach
        decided = Decided(self.start, self._front, tuple(self._ends), self._base + reach, overlong)
        self._move_on()
        return decided

    def _move_on(self) -> None:
        self._front, self._row = self._following, None
        self._start += 1
        if self._ends:
            self._ends = []

    def _rejoin(self) -> None:
        """The automaton has dropped its tables: find this stream's place in the new ones, so that the old can go."""
        automaton = self._automaton
        self._front = automaton.front(self._front.origin, self._front.places)
        self._following = automaton.front(self._following.origin, self._following.places)
        if self._row is not None:
            self._row = automaton.row(self._row.places)
        self._generation = automaton.generation
