from __future__ import annotations

import re
from random import Random

import pytest

from guard.core.redact import PatternError, Redactor, Rule
from guard.core.redact.syntax import parse
from guard.core.redact.syntax.tree import max_length, nullable, size

REFUSED = [
    ("(a", "parenthesis is not closed", 0),
    ("a)", "unbalanced parenthesis", 1),
    ("[a", "character class is not closed", 0),
    ("[z-a]", "range z-a is reversed", 1),
    (r"[\d-x]", "a range needs two characters", 1),
    ("[[:alpha:]]", "POSIX classes such as [:alpha:] are not supported", 1),
    ("*a", "nothing to repeat", 0),
    ("a|{2}", "nothing to repeat", 2),
    ("a**", "two quantifiers in a row; put the first in a group", 0),
    ("a{3,1}", "repeat counts are reversed", 1),
    ("a{1001}", "repeat count is over 1000", 1),
    ("a{,1001}", "repeat count is over 1000", 1),
    (r"\b+x", "a condition of no width cannot be repeated", 0),
    ("(?=a)*x", "a condition of no width cannot be repeated", 0),
    (r"(a)\1", r"back-reference \1 is not supported: it cannot be matched in linear time", 3),
    ("(?P<x>a)(?P=x)", "back-references are not supported: they cannot be matched in linear time", 8),
    ("(?<=ab)c", "look-around is supported for one character only; use before or after", 0),
    ("a(?!b.*)", "look-around is supported for one character only; use before or after", 1),
    ("(?>a)", "atomic groups are not supported: every pattern is matched in linear time already", 0),
    ("a++", "possessive quantifiers are not supported; a plain one is as fast", 1),
    ("(?(1)a|b)", "conditional groups are not supported", 0),
    ("(?R)", "recursion is not supported", 0),
    ("(?x)a b", "verbose patterns (?x) are not supported", 0),
    ("(?z)a", "unknown kind of group", 0),
    ("(?P<1a>x)", "bad group name", 0),
    (r"\p{L}", r"escape \p is not supported", 0),
    (r"\x4", "2 hexadecimal digits expected", 0),
    (r"\U00110000", "no such code point", 0),
    ("a\\", "pattern ends where an escaped character is expected", 2),
    ("(?#", "comment is not closed", 0),
    ("(" * 100 + "a" + ")" * 100, "groups are nested more than 60 deep", 61),
]


@pytest.mark.parametrize(("pattern", "message", "position"), REFUSED, ids=[row[0][:20] for row in REFUSED])
def test_a_refusal_says_what_is_wrong_and_where(pattern, message, position):
    with pytest.raises(PatternError) as caught:
        parse(pattern)
    assert (caught.value.message, caught.value.position) == (message, position)


ACCEPTED = [
    (r"\b\d{3}-\d{2}-\d{4}\b", "x 123-45-6789.", "123-45-6789"),
    ("(sk-|pk_live_)[A-Za-z0-9_-]{4,}", "a sk-abc_1!", "sk-abc_1"),
    ("(?i)hello", "say HeLLo now", "HeLLo"),
    ("a(?i)b|c", "xC", "C"),
    ("(?i:A)b", "aB ab", "ab"),
    ("(?i)a(?-i:b)c", "ABC AbC", "AbC"),
    ("(?P<year>19|20)[0-9]{2}", "in 1999", "1999"),
    ("(?<name>x)y", "xy", "xy"),
    ("a{x}", "a{x}", "a{x}"),
    ("a{,2}b", "caab", "aab"),
    ("x{2,}?y", "xxxy", "xxxy"),
    ("[]a]+", "b]a]", "]a]"),
    ("[^]a]", "]x", "x"),
    ("[a-]+", "b-a-", "-a-"),
    (r"[\w.-]+@x", "a.b-c@x", "a.b-c@x"),
    (r"[^\W\d_]+1", "12ab1", "ab1"),
    (r"\x41\u0042\U00000043", "ABC", "ABC"),
    (r"\.\*\[\]\\\/", r"a.*[]\/", r".*[]\/"),
    ("(?#note)a(?:)b", "ab", "ab"),
    ("^ab", "ab ab", "ab"),
    ("ab$", "ab ab", "ab"),
    (r"(?m)^b$", "a\nb\nc", "b"),
    (r"(?s)a.b", "a\nb", "a\nb"),
    ("a.b", "a\nba1b", "a1b"),
    (r"(?<!\d)12(?!\d)", "123 012 12", "12"),
    (r"(?<=\s|=)ab(?=;|$)", "=ab;", "ab"),
    (r"a\Bb", "ab", "ab"),
    ("[\ufb01]x", "fix", "fix"),
    ("caf\u00e9", "a cafe", "cafe"),
    ("\u043a\u0430\u0440\u0442\u0430", "\u043a\u0430\u0440\u0442\u0430", "\u043a\u0430\u0440\u0442\u0430"),
    ("[\u0430-\u044f]{3}", "\u043a\u0430\u0440", "\u043a\u0430\u0440"),
]


@pytest.mark.parametrize(("pattern", "text", "hidden"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_everyday_syntax_means_what_it_means_elsewhere(pattern, text, hidden):
    found = Redactor([Rule("r", pattern)]).whole(text)
    assert max((text[hit.start : hit.end] for hit in found.hits), key=len, default=None) == hidden


def test_a_pattern_that_python_accepts_is_accepted_or_refused_with_a_reason():
    chance = Random(5)
    for _ in range(2_000):
        pattern = "".join(chance.choices("ab(|)[]{}^$*+?.\\-1,:=!<>dwbi", k=chance.randint(1, 8)))
        try:
            parse(pattern)
        except PatternError as error:
            assert error.message
            assert error.position is None or 0 <= error.position <= len(pattern)
            continue
        # What we accept, Python accepts too: an admin can try it anywhere. Only its warnings differ.
        if "(?i" not in pattern and "(?<" not in pattern and r"\z" not in pattern:
            re.compile(pattern)


def test_size_and_length_of_a_pattern_are_known_before_it_is_unfolded():
    assert max_length(parse(r"\b[a-z]{2,5}(?:x|yz)?\b")) == 7
    assert max_length(parse("a+")) is None
    assert max_length(parse(r"\b")) == 0
    assert nullable(parse("a?b*"))
    assert not nullable(parse("a?b"))
    assert size(parse("(?:ab){500}")) > 1_000
