"""One text on its way to somebody: deltas go in, what may be seen of them comes out."""

from __future__ import annotations

from dataclasses import replace

from guard.core.redact.compiled import Compiled
from guard.core.redact.halves import Halves
from guard.core.redact.hiding import Hiding
from guard.core.redact.region import MARKS
from guard.core.redact.rule import Hit

# Long deltas are scanned piece by piece: memory stays bounded, and what comes out is the same for every cut.
_PIECE = 1024


class Stream:
    """``push`` every delta, then ``finish`` a complete text or ``cut`` one that broke off. Made by ``Redactor.stream``.

    ``hits``: complete for the text that has been let go; append-only, positions in the text as it was given. Not safe
    for use by several threads at once, as it is one ordered text.
    """

    __slots__ = ("_flags", "_halves", "_hiding", "hits")

    def __init__(self, hiding: Compiled | None, flagging: Compiled | None, cap: int, hash_key: bytes) -> None:
        self._halves = Halves()
        # A flagged text is not held back, so FLAG rules run apart, over the text that the others have let go.
        self._flags = Hiding(flagging, cap, hash_key) if flagging else None
        watcher = self._flags.push if self._flags else None
        self._hiding = Hiding(hiding, cap, hash_key, watcher) if hiding else None
        self.hits: list[Hit] = []

    @property
    def blocked(self) -> bool:
        """A BLOCK rule matched: nothing comes out any more."""
        return self._hiding is not None and self._hiding.blocked

    @property
    def held(self) -> int:
        """Characters held back: they have arrived, and what is shown of them is not decided."""
        return self._halves.waiting + (self._hiding.held if self._hiding else 0)

    @property
    def steps(self) -> int:
        """Automaton transitions made for this text: its cost in a unit that does not depend on the machine."""
        return sum(part.steps for part in (self._hiding, self._flags) if part)

    def push(self, delta: str) -> str:
        """What may be released now."""
        if self._hiding is None and self._flags is None:
            return self._halves.join(delta)
        text = self._halves.join(delta)
        if len(text) <= _PIECE:
            return self._push(text)
        return "".join(self._push(text[at : at + _PIECE]) for at in range(0, len(text), _PIECE))

    def finish(self) -> str:
        """The tail of a complete text."""
        return self._end(cut=False)

    def cut(self) -> str:
        """The tail of a text that broke off: what could have become a match is masked, never let go."""
        return self._end(cut=True)

    def _push(self, text: str) -> str:
        hiding, flags = self._hiding, self._flags
        if hiding is None:
            released = text
            if flags is not None:
                flags.push(text)
        else:
            released = "" if hiding.blocked else hiding.push(text)
        if (hiding is not None and hiding.hits) or (flags is not None and flags.hits):
            self._collect()
        return released

    def _end(self, *, cut: bool) -> str:
        tail = self._push(self._halves.flush())
        if self._hiding is not None and not self._hiding.blocked:
            tail += self._hiding.cut() if cut else self._hiding.finish()
        if self._flags is not None:
            self._flags.finish()
        self._collect()
        return tail

    def _collect(self) -> None:
        for part in (self._hiding, self._flags):
            if part is None or not part.hits:
                continue
            for hit in part.hits:
                # A flag's text is shown; that a FLAG rule ran for too long is nothing to report.
                if part is self._hiding or hit.rule not in MARKS.values():
                    self.hits.append(self._in_original(hit))
            part.hits.clear()

    def _in_original(self, hit: Hit) -> Hit:
        return replace(hit, start=self._halves.original(hit.start), end=self._halves.original(hit.end))
