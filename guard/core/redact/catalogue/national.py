"""How national numbers become rules.

A number whose shape and check digits are rare enough stands for itself. One that any run of digits passes one time in
ten needs its usual separators, or a word that announces it: the check digits of thirty countries together accept
nearly anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.redact.catalogue.words import NO_DIGITS_AFTER, NO_DIGITS_BEFORE, after_words
from guard.core.redact.rule import Rule

_PRIORITY = 24
_ANY_ID = (
    r"(?:national )?(?:id|identity|identification|insurance|registration)(?: (?:card|number|no|code|num))*|"
    r"tax(?:payer)? (?:id|number|no|code|file number|reference)|personal (?:id|number|code|identity (?:code|number))"
)


def alone(name: str, pattern: str, validator: str = "") -> Rule:
    """Hidden wherever it stands by itself, not inside a longer row of groups of digits."""
    return Rule(
        name,
        f"(?:{pattern})",
        before=NO_DIGITS_BEFORE,
        after=NO_DIGITS_AFTER,
        ignore_case=True,
        validator=validator,
        priority=_PRIORITY,
    )


def announced(name: str, pattern: str, words: str, validator: str = "") -> Rule:
    """Hidden behind one of ``words``, or behind what any such number may be called."""
    before = after_words(f"{words}|{_ANY_ID}" if validator else words)
    return Rule(
        f"{name}_announced",
        _standing(pattern),
        before=before,
        ignore_case=True,
        validator=validator,
        priority=_PRIORITY - 1,
    )


def sole(name: str, pattern: str, validator: str) -> Rule:
    """Hidden where it is the whole text: the answer to the question for it."""
    return Rule(
        f"{name}_alone",
        f"(?:{pattern})",
        before=r"\A\W*",
        after=r"\W*\Z",
        ignore_case=True,
        validator=validator,
        priority=_PRIORITY - 2,
    )


def both(name: str, written: str, pattern: str, words: str, validator: str) -> Iterator[Rule]:
    """Hidden as it is usually ``written``; in any other way only when announced, or when there is nothing else."""
    yield alone(name, written, validator)
    yield announced(name, pattern, words, validator)
    yield sole(name, pattern, validator)


def _standing(pattern: str) -> str:
    return rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"
