"""The pattern syntax: a subset of Python's ``re`` that can be matched in linear time with an exact hold-back.

Supported: literals; ``.``; classes ``[a-z]``, ``[^...]``; ``\\d \\w \\s \\D \\W \\S``; escapes ``\\n \\t \\r \\f \\v
\\a \\0 \\xhh \\uhhhh \\Uhhhhhhhh``; groups ``(...)``, ``(?:...)``, ``(?P<name>...)``; ``|``; ``* + ? {n} {n,} {n,m}
{,m}`` (counts up to 1,000; lazy forms mean the same); ``^ $ \\A \\Z \\b \\B``; look-around of one character; flags
``(?i)``, ``(?m)``, ``(?s)``, also scoped ``(?i:...)``; comments ``(?#...)``.

Differences from ``re``: every match counts, not the leftmost-first one, so greediness and the order of alternatives
mean nothing; ``$`` is the very end of the text; matching is on the fold, so ``\\d`` is 0-9 whatever the script.

Refused, each with a reason and a position: back-references, wider look-around (use a rule's ``before``/``after``),
atomic groups, possessive quantifiers, conditionals, recursion, verbose mode, POSIX classes.
"""

from __future__ import annotations

from guard.core.redact.syntax.parser import parse
from guard.core.redact.syntax.tree import Node

__all__ = ["Node", "parse"]
