"""What is shown in place of hidden text, and what is recorded."""

from __future__ import annotations

import pytest

from guard.core.redact import Hit, Operator, Redactor, Rule

CARD = r"\b(?:\d[ -]?){12,18}\d\b"


def shown(text: str, *rules: Rule) -> str:
    return Redactor(rules, hash_key=b"k").whole(text).text


def test_replace_shows_the_token_of_the_rule():
    assert shown("id 123-45-6789.", Rule("ssn", r"\d{3}-\d{2}-\d{4}")) == "id [SSN_REDACTED]."
    assert shown("id 1", Rule("n", r"\d", replacement="<number>")) == "id <number>"


@pytest.mark.parametrize(
    ("keep", "expected"), [(4, "****1111"), (2, "****11"), (0, "****")], ids=["four", "two", "none"]
)
def test_mask_keeps_the_last_characters_and_not_the_length(keep, expected):
    rule = Rule("card", CARD, operator=Operator.MASK, keep_last=keep)
    assert shown("4111-1111-1111-1111", rule) == expected
    assert shown("\uff14111 1111 1111 1111", rule) == expected


def test_mask_of_a_short_value_never_shows_most_of_it():
    assert shown("pin 12345", Rule("pin", r"\d{5}", operator=Operator.MASK)) == "pin ****5"
    assert shown("pin 123", Rule("pin", r"\d{3}", operator=Operator.MASK)) == "pin ****"


def test_hash_is_the_same_for_the_same_value_however_it_is_written():
    rule = Rule("card", CARD, operator=Operator.HASH)
    one, two, other = (
        shown(text, rule) for text in ("4111 1111 1111 1111", "4111-1111-1111-1111", "4111 1111 1111 1112")
    )
    assert one == two != other
    assert one.startswith("[CARD:")
    assert len(one) == len("[CARD:]") + 10


def test_hash_depends_on_the_key_and_on_the_rule():
    rules = [Rule("a", "x1", operator=Operator.HASH), Rule("b", "x1", operator=Operator.HASH)]
    texts = {Redactor([rule], hash_key=key).whole("x1").text[3:] for rule in rules for key in (b"1", b"2")}
    assert len(texts) == 4


def test_block_cuts_the_rest_of_the_text_and_records_it():
    rule = Rule("code", keywords=("internal_code",), operator=Operator.BLOCK, replacement="[stop]")
    found = Redactor([rule]).whole("The internal_code is 7. And more internal_code.")
    assert found.text == "The [stop]"
    assert found.hits == (Hit("code", 4, 17, Operator.BLOCK),)


def test_block_takes_the_whole_region_with_it():
    rules = [Rule("name", "bob jones"), Rule("code", "jones x", operator=Operator.BLOCK)]
    assert shown("hi bob jones x y", *rules) == "hi [CODE_REDACTED]"


def test_flag_records_and_lets_pass_without_holding_back():
    redactor = Redactor([Rule("topic", r"weather\w*", operator=Operator.FLAG)])
    stream = redactor.stream()
    assert [stream.push(part) for part in ("the wea", "ther is")] == ["the wea", "ther is"]
    assert stream.finish() == ""
    assert stream.hits == [Hit("topic", 4, 11, Operator.FLAG)]


def test_a_flag_beside_hiding_rules_sees_the_original_text():
    rules = [Rule("digits", r"\d+"), Rule("year", r"in 1\d{3}", operator=Operator.FLAG)]
    found = Redactor(rules).whole("born in 1980")
    assert found.text == "born in [DIGITS_REDACTED]"
    assert found.hits == (Hit("year", 5, 12, Operator.FLAG), Hit("digits", 8, 12, Operator.REPLACE))


def test_overlapping_matches_are_one_region_with_one_replacement():
    assert shown("abcdef", Rule("one", "abcd"), Rule("two", "cdef")) == "[ONE_REDACTED]"


def test_priority_decides_what_is_shown_then_length():
    low, high = Rule("low", "abcd"), Rule("high", "cd", priority=1)
    assert shown("abcd", low, high) == "[HIGH_REDACTED]"
    assert shown("abcd", low, Rule("short", "cd")) == "[LOW_REDACTED]"


def test_a_mask_shows_nothing_when_its_match_is_not_the_whole_region():
    card = Rule("card", r"\d{16}", operator=Operator.MASK, priority=9)
    assert shown("4111111111111111x", card, Rule("tail", "11x")) == "[CARD_REDACTED]"


def test_keywords_are_whole_words_in_any_case_with_any_white_space():
    rule = Rule("k", keywords=("admin panel", "c++", "@root"))
    assert shown("the Admin\n  PANEL!", rule) == "the [K_REDACTED]!"
    assert shown("administrator panel, admin panels", rule) == "administrator panel, admin panels"
    assert shown("C++ and x@root", rule) == "[K_REDACTED] and x[K_REDACTED]"


def test_before_and_after_must_match_and_stay_visible():
    rule = Rule("pw", r"\w+", before=r"password[:=] *", after=";")
    assert shown("password= hunter; next", rule) == "password= [PW_REDACTED]; next"
    assert shown("password= hunter, next; hunter;", rule) == "password= hunter, next; hunter;"


def test_a_failed_validation_does_not_swallow_the_text_behind_it():
    rule = Rule("card", r"(?:\d[ ]?){12,18}\d", validator="luhn")
    assert shown("1234 4111 1111 1111 1111", rule).endswith("[CARD_REDACTED]")
