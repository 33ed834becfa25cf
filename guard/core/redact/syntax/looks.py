"""Look-around of one character: ``(?=x)``, ``(?!\\d)``, ``(?<![\\w.])``, ``(?=\\s|$)``.

One character is what the automaton knows on either side without holding more text back.
"""

from __future__ import annotations

from guard.core.redact.syntax.charset import NOTHING, CharSet
from guard.core.redact.syntax.tree import Chars, Choice, Look, Node, Sequence, edge


def look_around(node: Node, *, ahead: bool, wanted: bool) -> Look | None:
    """None when ``node`` is more than one character or the edge of the text."""
    found = _one_character(node, ahead)
    if found is None:
        return None
    charset, at_edge = found
    return Look(ahead, charset, wanted, at_edge if wanted else not at_edge)


def _one_character(node: Node, ahead: bool) -> tuple[CharSet, bool] | None:
    """(set, whether the edge of the text will do as well)."""
    match node:
        case Chars(charset):
            return charset, False
        case Look():
            return (NOTHING, True) if node == edge(ahead=ahead) else None
        case Choice(options):
            return _any_of([_one_character(option, ahead) for option in options])
        case Sequence((part,)):
            return _one_character(part, ahead)
    return None


def _any_of(options: list[tuple[CharSet, bool] | None]) -> tuple[CharSet, bool] | None:
    charset, at_edge = None, False
    for option in options:
        if option is None:
            return None
        at_edge = at_edge or option[1]
        if option[0] == NOTHING:
            continue
        joined = option[0] if charset is None else charset.union(option[0])
        if joined is None:
            return None
        charset = joined
    return charset or NOTHING, at_edge
