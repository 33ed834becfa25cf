"""Secrets against what only looks like one: names, placeholders, examples, references."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

from guard.core.redact.validators.code_words import ABOUT_PASSWORDS, CODE_WORDS

_PLACEHOLDERS = re.compile(
    r"example|placeholder|change[-_ ]?(?:me|this|it)[-_ a-z]*\d{0,4}\W{0,3}$|your[-_ ]|xxxx|\*\*\*|\.\.\.|"
    r"redacted|filtered|dummy|<[^>]*>|\$\{|\$\(|%\(|#\{|\{\{|<%|@@|____|-----",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"sample|replace|my[-_]|insert|todo|fixme|foobar|fake|mock|undefined|secret[-_]?key|api[-_]?key|access[-_]?token|"
    r"[-_ ]here\b|goes[-_ ]|not[-_]a|012345|1234567|abcdef|qwerty|([a0x])\1{5}|deadbeef|test[-_]?(?:key|token|secret)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"0123456789|1234567890")
# ${VAR}, %VAR%, <value>, call(), object.attribute, item[0], --option, @field, path, address: the value is elsewhere.
_REFERENCE = re.compile(
    r"\$?\{+[^{}]*\}*|\$+[A-Za-z_][\w:>-]*|%\w+%|%[a-z]|<.*|\[.*\]|\(.*\)|[&*!@:]+[A-Za-z_]\w*|--?[a-z][a-z-]*|"
    r"(?:new |await )?[A-Za-z_][A-Za-z_.>-]{2,}\d?[(\[].*|[A-Za-z]+\?|[A-Za-z]+\{.*|\].*|[~.]{0,2}(?:/[\w.-]+)+/?|[a-z][a-z0-9+.-]*://.*|arn:.*"
)
_MOMENT_OR_VERSION = re.compile(r"v?\d+(?:[.:\-/T]\d+)+(?:Z|[-+.]\w{1,10})*")
_HEXADECIMAL = re.compile(
    r"(?:0x)?[0-9a-f]{16,}|[0-9A-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_INNER_DIGITS = re.compile(r"\d[A-Za-z]")
# What English and its neighbours do not spell.
_UNSPOKEN = re.compile(
    r"[bcdfghjklmnpqrstvwxz]{5}|[aeiou]{4}|q[^u]|[jvxz][bcdfghjklmnpqrstvwxz]|[bcfghjkmpqtvwxz]j|[bcdfghjkmpqtvwxz]x|"
    r"[bcdfghjkmnpqrstvwxz][vz](?=[^aeiouy])|wx|uu|yy|iy|h[fgjkpqvz]|[fkmpv][qxz]|d[qx]|[gkt]q",
    re.IGNORECASE,
)
_LONGEST_WORD = 16
_ACRONYM = 3
_MOST_AROUND_DIGITS = 12
_MOST_IN_WORDS = 0.7
_LEAST_WITHOUT_DIGITS = 16


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def secret(text: str) -> bool:
    """What follows a provider's prefix: such a shape is a secret unless it says that it is none."""
    return not _PLACEHOLDERS.search(text) and len(set(text)) > 4 and not _is_filled(text)


def _is_filled(text: str) -> bool:
    """Whether one character makes up most of it: ``ghp_000…`` shows what a token looks like."""
    return Counter(text).most_common(1)[0][1] * 2 > len(text)


def random_secret(text: str) -> bool:
    """What follows a prefix that names also begin with: random, with digits."""
    return secret(text) and any(char.isdigit() for char in text) and entropy(text) >= 3.0


def token(text: str) -> bool:
    """A secret known only by the name it is assigned to: random, and not an identifier."""
    if any(char.isspace() for char in text) or not any(char.isalpha() for char in text):
        return False
    if _PLACEHOLDERS.search(text) or _NAMES.search(text) or _is_reference(text):
        return False
    if _HEXADECIMAL.fullmatch(text):
        return entropy(text) >= 2.7
    if entropy(text) < min(3.3, log2(len(text)) * 0.72) or _MOMENT_OR_VERSION.fullmatch(text):
        return False
    return _is_mixed(text) and not is_spelled(text)


def password(text: str) -> bool:
    """What a password is given as, in quotes: anything but a placeholder, a reference or words about passwords."""
    inner = _without_ends(text)
    if len(set(inner)) < 3 or _PLACEHOLDERS.search(inner) or _is_reference(inner):
        return False
    if re.search(r"[^A-Za-z_\s.:'-]", inner):
        return not _COUNTED.search(inner)
    parts = {piece.lower() for piece in _PIECES.findall(inner)}
    return not parts & CODE_WORDS and inner.lower() not in ABOUT_PASSWORDS


def bare_password(text: str) -> bool:
    """A password without quotes, where a plain word is the name of a variable: with a digit or a sign."""
    inner = _without_ends(text)
    return (
        bool(re.search(r"[A-Za-z]", inner)) and bool(re.search(r"\d|[^\w.:\s-]", inner)) and password(inner)
    )


def said_password(text: str) -> bool:
    """A password named in a sentence, where most words are just words: with a digit or a sign inside."""
    inner = text.strip(".,!?\"'")
    return len(inner) >= 4 and bool(re.search(r"\d|[^\w'-]", inner)) and bare_password(inner)


def login_pair(text: str) -> bool:
    """``name:password``, as a command or an address carries them."""
    name, _, given = text.partition(":")
    if text.isupper() or text[0] in "[<{":
        return False
    return not any(_PLACEHOLDERS.search(part) or _is_reference(part) for part in (name or "-", given))


def is_spelled(text: str) -> bool:
    """Whether it is made of words, as identifiers, paths and sentences are: ``google-oauth2``, ``getTokenById``."""
    parts = re.findall(r"[A-Za-z\d]+", text)
    if any(_is_scattered(part) for part in parts):
        return False
    pieces = [piece for part in parts for piece in _PIECES.findall(part)]
    return sum(map(_spoken, pieces)) >= _MOST_IN_WORDS * max(1, sum(map(len, pieces)))


def _is_scattered(part: str) -> bool:
    """Whether digits stand among its letters as they do in no ``utf8mb``, ``oauth2`` or ``base64url``."""
    inner = len(_INNER_DIGITS.findall(part))
    return inner > 1 or (inner == 1 and len(part) > _MOST_AROUND_DIGITS)


def _spoken(piece: str) -> float:
    """How many of its letters are those of a word, an acronym counting half."""
    return len(piece) if _is_word(piece) else len(piece) / 2 if len(piece) <= _ACRONYM else 0


def _is_word(piece: str) -> bool:
    return (
        _ACRONYM <= len(piece) <= _LONGEST_WORD
        and bool(re.search("[aeiouyAEIOUY]", piece))
        and not _UNSPOKEN.search(piece)
    )


def _without_ends(text: str) -> str:
    """Without the punctuation and the closing brackets of the sentence or the call around it."""
    inner = text.strip().rstrip(".,:;")
    return inner.rstrip(")]}") if not re.search(r"[(\[{]", inner) else inner


def _is_mixed(text: str) -> bool:
    if any(char.isdigit() for char in text):
        return True
    return len(text) >= _LEAST_WITHOUT_DIGITS and text.lower() != text and text.upper() != text


def _is_reference(text: str) -> bool:
    if _REFERENCE.fullmatch(text):
        return True
    return bool(re.fullmatch(r"\w+(?:(?:\.|->|::)\w+)+", text)) and is_spelled(text)
