"""A text that a pattern describes, made from its tree. Conditions on neighbours are left to luck."""

from __future__ import annotations

import string
from functools import cache
from random import Random

from guard.core.redact.syntax.charset import CharSet
from guard.core.redact.syntax.tree import Chars, Choice, Look, Node, Repeat, Sequence

_FEW = 3
_COMMON = string.ascii_letters + string.digits + "-_.:=/@ +\"'\n"


def of(node: Node, chance: Random) -> str:
    match node:
        case Chars(charset):
            return chance.choice(members(charset))
        case Look():
            return ""
        case Sequence(parts):
            return "".join(of(part, chance) for part in parts)
        case Choice(options):
            return of(chance.choice(options), chance)
        case Repeat(part, low, high):
            most = low + _FEW if high is None else min(high, low + _FEW)
            return "".join(of(part, chance) for _ in range(chance.randint(low, most)))


@cache
def members(charset: CharSet) -> str:
    listed = "".join(sorted(charset.singles)) + "".join(low for low, _ in charset.ranges)
    found = "".join(char for char in _COMMON + listed if char in charset)
    return found or "".join(char for char in map(chr, range(32, 0x500)) if char in charset)
