from __future__ import annotations

import re

import pytest

from guard.core.redact import CATALOGUE, Operator, PatternError, Redactor, Rule, check


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Rule("r"), "a rule needs a pattern or keywords"),
        (Rule("", "a"), "name must be"),
        (Rule("a\nb", "a"), "name must be"),
        (Rule("r", "a*"), "pattern matches the empty text"),
        (Rule("r", "\u200b"), "pattern matches the empty text"),
        (Rule("r", r"\b"), "pattern matches the empty text"),
        (Rule("r", "(a"), "pattern: parenthesis is not closed"),
        (Rule("r", "a", before="("), "before: parenthesis is not closed"),
        (Rule("r", "a", after="["), "after: character class is not closed"),
        (Rule("r", "a", validator="nobody"), "validator 'nobody' does not exist"),
        (
            Rule("r", r"\d+", validator="luhn"),
            "must match at most 256 characters, this one matches text of any length",
        ),
        (
            Rule("r", r"\d{9,300}", validator="luhn"),
            "must match at most 256 characters, this one matches 300",
        ),
        (Rule("r", "a", keep_last=5), "keep_last must be between 0 and 4"),
        (Rule("r", keywords=("  ",)), "keywords: a keyword is empty"),
        (Rule("r", keywords=("x" * 300,)), "longer than 200 characters"),
        (Rule("r", "a", replacement="x" * 300), "replacement is longer than 200 characters"),
        (Rule("r", "(?:[ab]{500}){400}"), "pattern is too large"),
        (Rule("r", "[ab]*a[ab]{20}c"), "pattern is too slow"),
        (Rule("r", "[ab]*a[ab]{900}c"), "pattern is too slow"),
        (Rule("r", "ccc", before="a[ab]{20}"), "pattern is too slow"),
        (Rule("r", "(?:a{0,200}){0,9}b"), "pattern is too slow"),
        (Rule("r", "(?:a?){1000}b"), "pattern is too slow"),
        (Rule("r", "(?:|a|b){900}c"), "pattern is too slow"),
        (Rule("r", "(((a{0,30}){0,30}){0,30})b"), "pattern is too slow"),
        (
            Rule("r", ("(?:" + "|".join(f"(?={char})" for char in "abcdefghijklmnopqrst") + ")") * 20 + "a"),
            "too slow",
        ),
        (Rule("r", "a" * 20_001), "pattern is longer than 20,000 characters"),
        (Rule("r", "a", before="a" * 100_000), "before is longer than 20,000 characters"),
        (
            Rule("r", "[" + "".join(f"{chr(at)}-{chr(at + 4000)}" for at in range(0x4E00, 0x5000)) + "]"),
            "list more than 65,536 characters",
        ),
        (
            Rule("r", keywords=tuple(f"word{n}" for n in range(100_000))),
            "together they are longer than 100,000",
        ),
        (Rule("r", "a", replacement="\ud800"), "replacement contains half a character"),
        (Rule("r", "."), "% of a plain text"),
        (Rule("r", r"\w+"), "of a plain text"),
        (Rule("r", r"[\s\S]*x"), "of a plain text"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_reason(rule, reason):
    with pytest.raises(PatternError, match=r"(?s).*") as caught:
        check(rule)
    assert reason in caught.value.message


@pytest.mark.parametrize("operator", ["unknown", "block"])
def test_an_operator_that_is_only_a_word_is_refused(operator):
    with pytest.raises(PatternError, match=f"operator '{operator}' is no Operator"):
        check(Rule("r", "a", operator=operator))


@pytest.mark.parametrize(
    ("pattern", "unit"), [("[ab]*a[ab]{20}c", "automaton states"), ("(?:a?){1000}b", "of its positions")]
)
def test_the_cost_in_the_refusal_is_measured_and_the_same_on_every_machine(pattern, unit):
    messages = set()
    for _ in range(2):
        with pytest.raises(PatternError) as caught:
            check(Rule("r", pattern))
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert re.search(rf"\d,\d{{3}} {unit}.*\(allowed: [\d,]+\)", messages.pop())


@pytest.mark.parametrize("opening", ["(", "(?:", "(?=", "(?i:", "(?P<x>", "a|(", "[^x](?:"])
def test_ten_thousand_open_groups_are_refused_before_they_are_followed(opening):
    with pytest.raises(PatternError):
        check(Rule("r", opening * 10_000 + "a" + ")" * 10_000))
    with pytest.raises(PatternError, match="nested more than 60 deep"):
        check(Rule("r", opening * 1_000 + "a" + ")" * 1_000))


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a+)+b", "(?:a|aa)+$", "(?:a|b|ab)*c", "(.*a){12}b", "([a-z]+)*@x"]
)
def test_patterns_that_hang_backtracking_engines_are_cheap_here(pattern):
    if pattern != "(?:a|b|ab)*c":
        check(Rule("r", pattern))
    stream = Redactor([Rule("r", pattern)]).stream()
    text = "ab" * 5_000 + "!"
    stream.push(text)
    stream.finish()
    assert stream.steps < 300 * len(text)


def test_every_shipped_rule_passes_the_check_of_an_admin():
    for rule in CATALOGUE:
        check(rule)


def test_two_thousand_keywords_are_one_cheap_rule():
    words = tuple(f"project {chr(97 + n % 26)}{n}" for n in range(2_000))
    cost = check(Rule("projects", keywords=words))
    assert cost.masked == 0


def test_a_redactor_refuses_what_the_check_refuses_and_a_hash_without_a_key():
    with pytest.raises(PatternError, match="pattern: parenthesis is not closed at position 0"):
        Redactor([Rule("r", "(a")])
    with pytest.raises(ValueError, match="rule 'r' hashes"):
        Redactor([Rule("r", "a", operator=Operator.HASH)])
