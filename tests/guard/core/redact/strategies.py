"""Small random patterns, rules and texts that meet often, and random cuts of a text."""

from __future__ import annotations

from hypothesis import strategies as st

from guard.core.redact import Operator, Rule

PLAIN = "ab1 -@.4_\n"
TRICKY = PLAIN + "\u200b\u00ad\uff11\uff14\ufb01\u0301\u0430\uff21\u00bd"
"""With a zero-width space, a soft hyphen, full-width digits and letters, a ligature, a combining accent, a Cyrillic
letter, and a fraction that folds to three characters."""

_ATOMS = st.sampled_from(
    ["a", "b", "1", "@", "-", " ", r"\d", r"\w", r"\s", "[ab]", "[^a]", ".", "[a-b1-4]", "4", r"\.", "fi", "f"]
    + ["(?:ab|a)", "(?:1|4 )", "[^\\w]", "(?i:A)", "(?:a|b)?", "(?:1/2|b)"]
)
_TIMES = st.sampled_from(["", "", "", "", "", "?", "+", "*", "{2}", "{1,3}", "{2,}", "{,2}", "+?"])
_BEFORE = st.sampled_from(["", "", "", r"\b", r"\B", r"(?<!\d)", "(?<=a)", r"(?<![\w-])", "^", r"(?<=\s|1)"])
_AFTER = st.sampled_from(["", "", "", r"\b", r"\B", r"(?!\d)", "(?=b)", r"(?![\w.])", r"\Z", r"(?=\s|\Z)"])


@st.composite
def bodies(draw: st.DrawFn) -> str:
    body = "".join(draw(_ATOMS) + draw(_TIMES) for _ in range(draw(st.integers(1, 4))))
    if draw(st.booleans()):
        other = "".join(draw(_ATOMS) for _ in range(draw(st.integers(1, 3))))
        body = f"(?:{body}|{other}){draw(_TIMES)}"
    return body


@st.composite
def patterns(draw: st.DrawFn) -> str:
    middle = draw(st.sampled_from(["", "", "", r"\b", r"(?<=\d)"]))
    body = draw(bodies()) + (middle + draw(bodies()) if middle else "")
    return draw(_BEFORE) + body + draw(_AFTER)


contexts = st.one_of(st.just(""), st.just(""), patterns())
keywords = st.lists(st.sampled_from(["ab", "a", "b 1", "-a", "ab4", "fi"]), max_size=2).map(tuple)
operators = st.sampled_from(list(Operator))


@st.composite
def rules(draw: st.DrawFn, *, validators: tuple[str, ...] = ("",), operator: Operator | None = None) -> Rule:
    return Rule(
        name=draw(st.sampled_from(["r", "s", "t", "u"])),
        pattern=draw(patterns()),
        keywords=draw(keywords),
        before=draw(contexts),
        after=draw(contexts),
        ignore_case=draw(st.booleans()),
        validator=draw(st.sampled_from(validators)),
        operator=operator or draw(operators),
        priority=draw(st.integers(0, 1)),
        keep_last=draw(st.integers(0, 4)),
    )


@st.composite
def cuts(draw: st.DrawFn, text: str) -> list[str]:
    """The text in deltas of a few characters, empty ones among them."""
    sizes = draw(st.lists(st.integers(0, 6), max_size=len(text) + 1))
    deltas, at = [], 0
    for size in sizes:
        deltas.append(text[at : at + size])
        at += size
    return [*deltas, text[at:]]
