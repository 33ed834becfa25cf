"""The shortest continuation that turns held text into a match, found by walking the automaton."""

from __future__ import annotations

from collections import deque

from guard.core.redact import Stream

_LETTERS = "abfi1/4@-._ \n?Z\u00e9"
_LONGEST = 40


def continuation(stream: Stream) -> str | None:
    """None if no characters of the alphabet lead to an acceptance."""
    row = stream._hiding._scan._row
    if row is None:
        return ""
    seen, waiting = {row.places}, deque([(row, "")])
    while waiting:
        here, text = waiting.popleft()
        if here.accepts or here.accepted_before(None):
            return text
        for letter in _LETTERS if len(text) < _LONGEST else "":
            if here.accepted_before(here.automaton.alphabet[letter]):
                return text + letter
            following = here[letter]
            if following is not here.automaton.dead and (following.accepts or following.places not in seen):
                seen.add(following.places)
                waiting.append((following, text + letter))
    return None
