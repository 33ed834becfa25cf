from __future__ import annotations

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
        (Rule("r", "ccc", before="a[ab]{20}"), "pattern is too slow"),
        (Rule("r", "(?:a{0,200}){0,9}b"), "pattern is too slow"),
        (Rule("r", "."), "% of a plain text"),
        (Rule("r", r"\w+"), "of a plain text"),
        (Rule("r", r"[\s\S]*x"), "of a plain text"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_reason(rule, reason):
    with pytest.raises(PatternError, match=r"(?s).*") as caught:
        check(rule)
    assert reason in caught.value.message


def test_an_unknown_operator_is_refused():
    with pytest.raises(ValueError, match="unknown"):
        check(Rule("r", "a", operator="unknown"))  # type: ignore[arg-type]


def test_the_cost_in_the_refusal_is_counted_in_states_not_seconds():
    messages = set()
    for _ in range(2):
        with pytest.raises(PatternError) as caught:
            check(Rule("r", "[ab]*a[ab]{20}c"))
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert "automaton states" in messages.pop()


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
