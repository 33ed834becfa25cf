"""Small random patterns, rules and texts that meet often, and random cuts of a text.

Everything takes a ``random.Random``: the bulk of the cases is a seeded sweep, which is thirty times cheaper per case
than drawing each part from Hypothesis; Hypothesis drives the same functions through ``st.randoms`` and shrinks.
"""

from __future__ import annotations

from random import Random

from guard.core.redact import Operator, Rule

PLAIN = "ab1 -@.4_\n"
TRICKY = PLAIN + "\u200b\u00ad\uff11\uff14\ufb01\u0301\u0430\uff21\u00bd"
"""With a zero-width space, a soft hyphen, full-width digits and letters, a ligature, a combining accent, a Cyrillic
letter, and a fraction that folds to three characters."""
NUMBERS = "1480 -a\u200b\uff11\ufb01"
HALVES = "\ud83d\ude00"

_ATOMS = [
    *(
        "a",
        "b",
        "1",
        "@",
        "-",
        " ",
        r"\d",
        r"\w",
        r"\s",
        "[ab]",
        "[^a]",
        ".",
        "[a-b1-4]",
        "4",
        r"\.",
        "fi",
        "f",
    ),
    *("(?:ab|a)", "(?:1|4 )", r"[^\w]", "(?i:A)", "(?:a|b)?", "(?:1/2|b)"),
]
_TIMES = ["", "", "", "", "", "?", "+", "*", "{2}", "{1,3}", "{2,}", "{,2}", "+?"]
_BEFORE = ["", "", "", r"\b", r"\B", r"(?<!\d)", "(?<=a)", r"(?<![\w-])", "^", r"(?<=\s|1)"]
_AFTER = ["", "", "", r"\b", r"\B", r"(?!\d)", "(?=b)", r"(?![\w.])", r"\Z", r"(?=\s|\Z)"]
_KEYWORDS = ["ab", "a", "b 1", "-a", "ab4", "fi"]


def text(chance: Random, alphabet: str, longest: int) -> str:
    return "".join(chance.choices(alphabet, k=chance.randint(0, longest)))


def body(chance: Random) -> str:
    parts = "".join(chance.choice(_ATOMS) + chance.choice(_TIMES) for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.5:
        other = "".join(chance.choices(_ATOMS, k=chance.randint(1, 3)))
        parts = f"(?:{parts}|{other}){chance.choice(_TIMES)}"
    return parts


def pattern(chance: Random) -> str:
    middle = chance.choice(["", "", "", r"\b", r"(?<=\d)"])
    inner = body(chance) + (middle + body(chance) if middle else "")
    return chance.choice(_BEFORE) + inner + chance.choice(_AFTER)


def context(chance: Random) -> str:
    return pattern(chance) if chance.random() < 0.25 else ""


def rule(chance: Random, operators: list[Operator], validators: tuple[str, ...] = ("",)) -> Rule:
    return Rule(
        name=chance.choice("rstu"),
        pattern=pattern(chance),
        keywords=tuple(chance.sample(_KEYWORDS, chance.choice((0, 0, 1, 2)))),
        before=context(chance),
        after=context(chance),
        ignore_case=chance.random() < 0.5,
        validator=chance.choice(validators),
        operator=chance.choice(operators),
        priority=chance.randint(0, 1),
        keep_last=chance.randint(0, 4),
    )


def rules(chance: Random, operators: list[Operator], validators: tuple[str, ...] = ("",)) -> list[Rule]:
    return [rule(chance, operators, validators) for _ in range(chance.choice((1, 1, 2, 3)))]


def cut(chance: Random, whole: str) -> list[str]:
    """The text in deltas of a few characters, empty ones among them."""
    deltas, at = [], 0
    while at < len(whole):
        size = chance.randint(0, 6)
        deltas.append(whole[at : at + size])
        at += size
    return deltas
