"""How national numbers become rules.

A number whose shape and check digits are rare enough stands for itself. One that any run of digits passes one time in
ten needs its usual separators, or a word that announces it: the check digits of thirty countries together accept
nearly anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from guard.core.redact.catalogue.context import NOT_IN_A_ROW, ROW_ENDS, announced_by, heading
from guard.core.redact.rule import Rule

_PRIORITY = 24


def alone(name: str, pattern: str, validator: str = "") -> Rule:
    """Hidden wherever it stands by itself, not inside a longer row of groups of digits."""
    return Rule(
        name,
        f"(?:{pattern})",
        before=NOT_IN_A_ROW,
        after=ROW_ENDS,
        ignore_case=True,
        validator=validator,
        priority=_PRIORITY,
    )


def announced(name: str, pattern: str, words: str, validator: str = "") -> Rule:
    """Hidden behind one of ``words`` (the shorthand of ``context``), and below one if there are check digits to tell it
    from the other columns. What any such number may be called is in ``identity_any``."""
    return Rule(
        f"{name}_announced",
        rf"(?:{pattern})(?![A-Za-z0-9])",
        before=heading(words) if validator else announced_by(words),
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


def both(
    name: str, written: str, pattern: str, words: str, validator: str, answer: str = ""
) -> Iterator[Rule]:
    """Hidden as it is usually ``written``; in any other way only when announced. ``answer``: which forms are hidden
    where there is nothing else, for numbers that are not taken for something else too often."""
    yield alone(name, written, validator)
    yield announced(name, pattern, words, validator)
    if answer:
        yield sole(name, answer, validator)
