"""Rule sets of several sizes, all made of the shipped catalogue."""

from __future__ import annotations

import string
from itertools import product
from random import Random

from benchmarks.prose import SEED
from guard.core.redact import CATALOGUE, Rule

_FIRST_FOUR = ("payment_card", "us_ssn", "email", "internal_keywords")
_KEYWORDS = 500


def rulesets() -> dict[str, tuple[Rule, ...]]:
    large = spread(257)
    return {
        "4": spread(4),
        "50": spread(50),
        "257": large,
        f"257 + {_KEYWORDS} keywords": (*large, codenames()),
        f"catalogue ({len(CATALOGUE)})": CATALOGUE,
    }


def spread(count: int) -> tuple[Rule, ...]:
    """The four that everybody has, and others from every pack."""
    four = tuple(rule for rule in CATALOGUE if rule.name in _FIRST_FOUR)
    others = [rule for rule in CATALOGUE if rule not in four]
    wanted = count - len(four)
    return four + tuple(others[number * len(others) // wanted] for number in range(wanted))


def codenames() -> Rule:
    """Keywords as a company would list them; none is an English word."""
    chance = Random(SEED)  # noqa: S311  (repeatable, not secret)
    syllables = ["".join(pair) for pair in product(string.ascii_lowercase, "aeiou")]
    names = {"".join(chance.choices(syllables, k=3)) + chance.choice("nrsx") for _ in range(2 * _KEYWORDS)}
    return Rule("codenames", keywords=tuple(sorted(names)[:_KEYWORDS]))
