"""Hiding what a rule set matches in a text that is still arriving.

Text up to the first undecided start, or to the open region, is let go. Whatever has to be decided at a moment that text
alone defines (when a region grows beyond the cap) is decided by ``Decided.reach``, not by how far the text happens to
have arrived: so every cut of a text gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable

from guard.core.redact.compiled import Compiled
from guard.core.redact.engine.automaton import Row
from guard.core.redact.engine.scan import Decided, Scan
from guard.core.redact.matches import OVERLONG, UNFINISHED, Window, windows
from guard.core.redact.region import Region, replacement, token
from guard.core.redact.rule import Hit, Operator


class Hiding:
    """``blocked``: a BLOCK rule matched, nothing more is let go. ``hits`` grows; whoever reads it may empty it.
    ``watcher`` is shown the original text once it has been dealt with."""

    __slots__ = (
        "_cap", "_compiled", "_hash_key", "_out", "_overlong", "_overlong_at", "_region", "_scan", "_shown",
        "_watcher", "blocked", "hits",
    )  # fmt: skip

    def __init__(
        self, compiled: Compiled, cap: int, hash_key: bytes, watcher: Callable[[str], object] | None = None
    ) -> None:
        self._compiled = compiled
        self._cap = cap
        self._hash_key = hash_key
        self._watcher = watcher
        self._scan = Scan(compiled.automaton, cap)
        self._region: Region | None = None
        # All runs that outlived the cap, as one: text is hidden for as long as any of them stays viable.
        self._overlong: Row | None = None
        self._overlong_at = 0
        self._shown = 0
        self._out: list[str] = []
        self.blocked = False
        self.hits: list[Hit] = []

    @property
    def steps(self) -> int:
        """Transitions made so far: the cost of this text, in a unit that does not depend on the machine."""
        return self._scan.steps

    @property
    def held(self) -> int:
        """Characters that have arrived and are not yet let go, in whatever form."""
        if self.blocked:
            return 0
        if self._region is None:
            return self._scan.length - self._scan.start
        if not self._region.shown:
            return self._scan.length - self._region.start
        return max(0, self._scan.length - max(self._scan.start, self._region.end))

    def push(self, text: str) -> str:
        scan = self._scan
        scan.feed(text)
        decided = scan.decide(ending=False, every=self._region is not None)
        if decided is None and self._region is None:
            # Nothing found and nothing open, as nearly always: everything before the waiting start passes.
            self._shown = scan.start
            return self._let_go(self._shown)
        self._take_all(decided, ending=False)
        return self._release()

    def finish(self) -> str:
        self._take_all(self._next(ending=True), ending=True)
        return self._release()

    def cut(self) -> str:
        """The end of a text that broke off: what could still have become a match is masked."""
        self._take_all(self._next(ending=False), ending=False)
        if self._scan.running and not self.blocked:
            unfinished = Window(self._scan.start, self._scan.length, UNFINISHED)
            self._take(self._scan.give_up(), unfinished)
            self._scan.skip_to_end()
        return self.finish() if not self.blocked else self._release()

    def _next(self, *, ending: bool) -> Decided | None:
        if self.blocked:
            return None
        return self._scan.decide(ending=ending, every=self._region is not None)

    def _take_all(self, decided: Decided | None, *, ending: bool) -> None:
        while decided is not None:
            self._take(decided)
            decided = self._next(ending=ending)
        if self.blocked:
            return
        if ending and self._region is not None:
            self._follow_overlong(self._region, self._scan.length)
            self._overlong = None
        self._pass(self._scan.start)
        if self._scan.running and self._scan.length - self._open_since() >= self._cap:
            self._show_early()

    def _take(self, decided: Decided, extra: Window | None = None) -> None:
        """Everything that follows from one decided start."""
        self._pass(decided.start)
        if decided.reach - self._open_since() > self._cap:
            self._show_early()
        found = windows(self._compiled, self._scan, decided)
        if decided.overlong is not None:
            found.append(Window(decided.start, decided.reach, OVERLONG))
        if extra is not None:
            found.append(extra)
        for window in found:
            self._add(window)
        if self._block(found, decided.start):
            return
        if decided.overlong is not None:
            self._join_overlong(decided.overlong, decided.reach)
            self._show_early()

    def _add(self, window: Window) -> None:
        if self._region is None:
            self._region = Region(window.start, window.end)
        self._region.add(window)

    def _open_since(self) -> int:
        """Where the open region begins that is not shown yet; far away if there is none."""
        region = self._region
        return self._scan.length + 1 if region is None or region.shown else region.start

    def _pass(self, position: int) -> None:
        """Every start before ``position`` is decided: close the region if it ends there."""
        region = self._region
        if region is None:
            return
        self._follow_overlong(region, position)
        if region.end > position or self._overlong is not None:
            return
        if not region.shown:
            text = self._scan.piece(region.start, region.end)
            shown = replacement(region, self._compiled.rules, text, self._hash_key)
            self._out += (self._scan.piece(self._shown, region.start), shown)
        self.hits += region.hits(self._compiled.rules)
        self._shown = region.end
        self._region = None

    def _show_early(self) -> None:
        """The region has grown beyond the cap: its replacement goes out now, the rest of it is swallowed."""
        region = self._region
        if region is not None and not region.shown:
            shown = token(region.windows, self._compiled.rules)
            self._out += (self._scan.piece(self._shown, region.start), shown)
            region.show()

    def _block(self, found: list[Window], start: int) -> bool:
        rules, region = self._compiled.rules, self._region
        matched = [window for window in found if window.rule >= 0]
        blocking = [window for window in matched if rules[window.rule].operator is Operator.BLOCK]
        if not blocking or region is None:
            return False
        if not region.shown:
            self._out += (self._scan.piece(self._shown, region.start), token(blocking, rules))
        self.hits += region.hits(rules)
        self._let_go(start if region.shown else region.start)
        self._region, self.blocked = None, True
        return True

    def _join_overlong(self, row: Row, position: int) -> None:
        region = self._region
        if region is None:
            return
        self._follow_overlong(region, position)
        if self._overlong is not None:
            row = self._compiled.automaton.row(self._overlong.places | row.places)
        self._overlong, self._overlong_at = row, position

    def _follow_overlong(self, region: Region, position: int) -> None:
        """Hide on up to ``position`` while the overlong runs stay viable."""
        if self._overlong is None:
            return
        begin = self._overlong_at
        for char in self._scan.piece(begin, min(position, self._scan.length)):
            row = self._overlong[char]
            self._overlong = row if row.live else None
            self._overlong_at += row is not self._compiled.automaton.dead
            if self._overlong is None:
                break
        if self._overlong_at > begin:
            region.add(Window(begin, self._overlong_at, OVERLONG))

    def _release(self) -> str:
        region = self._region
        edge = self._scan.start if region is None or region.shown else region.start
        if not self.blocked:
            if region is None or not region.shown:
                self._out.append(self._scan.piece(self._shown, edge))
                self._shown = edge
            self._let_go(edge)
        released = self._out[0] if len(self._out) == 1 else "".join(self._out)
        self._out = []
        return released

    def _let_go(self, edge: int) -> str:
        passed = self._scan.drop(edge)
        if self._watcher is not None:
            self._watcher(passed)
        return passed
