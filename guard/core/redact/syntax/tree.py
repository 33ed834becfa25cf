"""What a pattern means: six kinds of nodes, all immutable."""

from __future__ import annotations

from dataclasses import dataclass

from guard.core.redact.syntax.charset import NOTHING, WORD, CharSet


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    charset: CharSet


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``high`` None means no upper limit."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on the next (``ahead``) or previous character, which is not consumed.

    It holds if that character exists and its membership of ``charset`` is ``wanted``; at the edge of the text
    ``at_edge`` is the answer.
    """

    ahead: bool
    charset: CharSet
    wanted: bool
    at_edge: bool


Node = Chars | Sequence | Choice | Repeat | Look
EMPTY = Sequence()


def edge(*, ahead: bool) -> Look:
    return Look(ahead, NOTHING, wanted=True, at_edge=True)


def word_boundary(wanted: bool) -> Node:
    """``\\b``, or ``\\B`` when not wanted: written with plain looks, so that the automaton knows only one condition."""
    after_word = Look(False, WORD, True, False)
    after_other = Look(False, WORD, False, True)
    before_word = Look(True, WORD, True, False)
    before_other = Look(True, WORD, False, True)
    if wanted:
        return Choice((Sequence((after_word, before_other)), Sequence((after_other, before_word))))
    return Choice((Sequence((after_word, before_word)), Sequence((after_other, before_other))))


def sequence(*parts: Node) -> Node:
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Sequence) else (part,)
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def choice(options: list[Node]) -> Node:
    return options[0] if len(options) == 1 else Choice(tuple(options))


def nullable(node: Node) -> bool:
    """Whether it can match without consuming a character, conditions taken as true."""
    match node:
        case Chars():
            return False
        case Look():
            return True
        case Sequence(parts):
            return all(map(nullable, parts))
        case Choice(options):
            return any(map(nullable, options))
        case Repeat(part, low, _):
            return low == 0 or nullable(part)


def max_length(node: Node) -> int | None:
    """Most folded characters it can consume, None when there is no limit."""
    match node:
        case Chars():
            return 1
        case Look():
            return 0
        case Sequence(parts):
            return _sum(map(max_length, parts))
        case Choice(options):
            lengths = [max_length(option) for option in options]
            return None if None in lengths else max(length for length in lengths if length is not None)
        case Repeat(part, _, high):
            length = max_length(part)
            return 0 if length == 0 else None if high is None or length is None else high * length


def size(node: Node) -> int:
    """Automaton positions it unfolds to."""
    match node:
        case Chars() | Look():
            return 1
        case Sequence(parts):
            return 1 + sum(map(size, parts))
        case Choice(options):
            return 1 + sum(map(size, options))
        case Repeat(part, low, high):
            return 1 + max(1, low + 1 if high is None else high) * size(part)


def _sum(lengths: map[int | None]) -> int | None:
    total = 0
    for length in lengths:
        if length is None:
            return None
        total += length
    return total
