"""Secrets against what only looks like one: names, placeholders, examples, references."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

_PLACEHOLDERS = re.compile(
    r"example|placeholder|change[-_]?me|your[-_]|xxxx|\*\*\*|\.\.\.|redacted|dummy|<[^>]*>|\$\{|%\(|\{\{",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"sample|replace|my[-_]|insert|todo|foobar|fake|mock|undefined|secret[-_]?key|api[-_]?key|access[-_]?token|"
    r"01234567|12345678|qwerty|aaaa|0000|deadbeef|test[-_]?(?:key|token|secret)",
    re.IGNORECASE,
)
# ${VAR}, $(command), %VAR%, <value>, call(), object.attribute, --option, path, address: the value is elsewhere.
_REFERENCE = re.compile(
    r"\$?\{+[^{}]*\}+|\$\(.*|\$[A-Za-z_]\w*|%\w+%|%\(\w+\)s|<.*>|\[.*\]|\(.*\)|[\w.]+\(.*|"
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|--?\w+|@\w+|[~.]{0,2}(?:/[\w.-]+)+/?|\w+://[^@]*"
)
_PLAIN_WORDS = """
true false none null nil undefined required optional string str text password passwd pwd secret token key value
incorrect invalid expired protected reset changed empty missing forgotten safe secure strong weak correct wrong
disabled enabled yes no on off here below above unknown default hidden encrypted hashed the your my a an not
"""
_NOT_A_PASSWORD = frozenset(_PLAIN_WORDS.split())


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def secret(text: str) -> bool:
    """What follows a provider's prefix: such a shape is a secret unless it says that it is none."""
    return not _PLACEHOLDERS.search(text) and len(set(text)) > 4


def random_secret(text: str) -> bool:
    """What follows a prefix that names also begin with: random, with digits."""
    return secret(text) and any(char.isdigit() for char in text) and entropy(text) >= 3.0


def token(text: str) -> bool:
    """A secret known only by the name it is assigned to: random, with digits, and not an identifier."""
    if any(char.isspace() for char in text) or not any(char.isdigit() for char in text):
        return False
    if _PLACEHOLDERS.search(text) or _NAMES.search(text) or _REFERENCE.fullmatch(text):
        return False
    return entropy(text) >= min(3.3, log2(len(text)) * 0.72)


def password(text: str) -> bool:
    """What is assigned to a password: anything that is not a placeholder, a reference or a plain word about
    passwords."""
    inner = text.strip(".:")
    return (
        inner.lower() not in _NOT_A_PASSWORD
        and len(set(text)) > 2
        and not _REFERENCE.fullmatch(inner)
        and not re.search(r"xxxx|\*\*\*|\.\.\.|^your[-_]|^change[-_]?me|^<|redacted", text, re.IGNORECASE)
    )


def bare_password(text: str) -> bool:
    """A password without quotes, where a plain word is the name of a variable: with a digit or a sign, or very long."""
    return password(text) and (len(text) >= 16 or bool(re.search(r"\d|[^\w.:-]", text)))


def said_password(text: str) -> bool:
    """A password named in a sentence, where most words are just words: with a digit or a sign inside."""
    inner = text.strip(".,!?\"'")
    return (
        password(inner)
        and len(inner) >= 5
        and bool(re.search(r"\d|[^\w'-]", inner))
        and bool(re.search("[A-Za-z]", inner))
    )
