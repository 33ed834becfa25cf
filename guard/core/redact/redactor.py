"""A rule set, ready to redact whole texts and streams."""

from __future__ import annotations

from collections.abc import Iterable

from guard.core.redact.compiled import compiled, flagging, hiding
from guard.core.redact.rule import Operator, Redaction, Rule
from guard.core.redact.stream import Stream

DEFAULT_CAP = 256


class Redactor:
    """Immutable but for its automaton's caches, which equal rule sets share. Streams of any number may run at once, and
    threads may share a redactor without a lock (see ``engine.automaton``).

    ``cap``: characters that may be held back; text that stays undecided for longer is masked. ``hash_key`` is
    required by rules that HASH. Raises ``PatternError`` for a rule that cannot be used, ``ValueError`` for a missing
    key.
    """

    def __init__(self, rules: Iterable[Rule] = (), *, cap: int = DEFAULT_CAP, hash_key: bytes = b"") -> None:
        self.rules = tuple(rules)
        self._cap = cap
        self._hash_key = hash_key
        unkeyed = [rule.name for rule in self.rules if rule.operator is Operator.HASH and not hash_key]
        if unkeyed:
            raise ValueError(
                f"hash_key is empty, but rule {unkeyed[0]!r} hashes: anybody could undo it by guessing"
            )
        hidden, flagged = hiding(self.rules), flagging(self.rules)
        self._hiding = compiled(hidden, cap) if hidden else None
        self._flagging = compiled(flagged, cap) if flagged else None

    def __bool__(self) -> bool:
        return bool(self.rules)

    def whole(self, text: str, *, cut: bool = False) -> Redaction:
        """The same as a stream of the text, ``cut`` or finished. Hits are in the order of the text."""
        stream = self.stream()
        released = stream.push(text)
        released += stream.cut() if cut else stream.finish()
        return Redaction(released, tuple(sorted(stream.hits, key=lambda hit: (hit.start, hit.end, hit.rule))))

    def stream(self) -> Stream:
        return Stream(self._hiding, self._flagging, self._cap, self._hash_key)
