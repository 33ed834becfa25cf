from __future__ import annotations

import threading
from functools import partial

import pytest

from guard.core.redact import Hit, Operator, Redactor, Rule

SSN = Rule("ssn", r"\b\d{3}-\d{2}-\d{4}\b")


def test_without_rules_every_delta_passes_at_once_and_only_half_a_character_waits():
    redactor = Redactor()
    stream = redactor.stream()
    assert not redactor
    deltas = ("4111", "", "\ud83d", "\ude00", "\u200b")
    assert [stream.push(delta) for delta in deltas] == ["4111", "", "", "\U0001f600", "\u200b"]
    assert stream.held == 0
    assert stream.finish() == ""
    assert redactor.whole("\ud83d x").text == "\ufffd x"


def test_only_what_can_still_become_a_match_is_held_back():
    stream = Redactor([SSN]).stream()
    assert [stream.push(char) for char in "a 12-3"] == ["a", " ", "", "", "12-", ""]
    assert stream.held == 1
    assert [stream.push(char) for char in " 123-45-678"][-1] == ""
    assert stream.held == 10
    assert stream.push("9") == ""
    assert stream.push(".") == "[SSN_REDACTED]."
    assert stream.hits == [Hit("ssn", 7, 18, Operator.REPLACE)]


def test_the_end_of_the_text_decides_what_waits():
    stream = Redactor([SSN]).stream()
    assert stream.push("123-45-6789") == ""
    assert stream.finish() == "[SSN_REDACTED]"
    stream = Redactor([SSN]).stream()
    assert stream.push("123-45-678") == ""
    assert stream.finish() == "123-45-678"


def test_a_text_that_broke_off_is_masked_from_where_it_could_have_become_a_match():
    stream = Redactor([SSN]).stream()
    assert stream.push("call 123-45-67") == "call "
    assert stream.cut() == "[REDACTED]"
    assert stream.hits == [Hit("unfinished", 5, 14, Operator.REPLACE)]
    assert Redactor([SSN]).whole("call 123-45-67", cut=True).text == "call [REDACTED]"
    assert Redactor([SSN]).whole("call me.", cut=True).text == "call me."


def test_a_blocked_stream_lets_nothing_more_out():
    stream = Redactor([Rule("k", keywords=("secret",), operator=Operator.BLOCK)]).stream()
    assert stream.push("a secret plan") == "a [K_REDACTED]"
    assert stream.blocked
    assert (stream.push("more"), stream.finish(), stream.cut(), stream.held) == ("", "", "", 0)


def test_halves_of_a_character_are_joined_across_deltas():
    rule = Rule("digits", r"\d{4}")
    four = "\U0001d7d2".encode("utf-16-le", "surrogatepass")
    high, low = (four[at : at + 2].decode("utf-16-le", "surrogatepass") for at in (0, 2))
    stream = Redactor([rule]).stream()
    out = "".join(map(stream.push, ["x", high, low, "11", "1", "y"])) + stream.finish()
    assert out == "x[DIGITS_REDACTED]y"
    assert stream.hits == [Hit("digits", 1, 6, Operator.REPLACE)]  # counted in the text as it was given


def test_a_lone_half_becomes_a_replacement_character_and_hides_nothing():
    redactor = Redactor([Rule("digits", r"\d{4}")])
    stream = redactor.stream()
    out = (
        "".join(map(stream.push, ["a\ud83d", "b\udc00", "1\ud8001", "1\udc001", "\ud83d"])) + stream.finish()
    )
    assert out == "a\ufffdb\ufffd[DIGITS_REDACTED]\ufffd"
    out.encode()


def test_long_runs_are_hidden_for_as_long_as_they_stay_viable():
    redactor = Redactor([Rule("quoted", '"[^"]*"')], cap=20)
    text = 'x "' + "a" * 50 + '" y'
    assert redactor.whole(text).text == "x [REDACTED] y"
    stream = redactor.stream()
    out = [stream.push(char) for char in text]
    assert "[REDACTED]" in out[:25]  # at once when the cap is passed, not at the end
    assert "".join(out) + stream.finish() == "x [REDACTED] y"


def test_a_long_match_of_a_known_rule_shows_its_token_as_soon_as_the_cap_is_passed():
    stream = Redactor([Rule("blob", "[a-f0-9]{10,}")], cap=20).stream()
    out = [stream.push("a") for _ in range(100)]
    assert out.index("[BLOB_REDACTED]") == 19
    assert stream.push("!") + stream.finish() == "!"
    assert {(hit.rule, hit.start, hit.end) for hit in stream.hits} == {("blob", 0, 100), ("overlong", 0, 100)}


def test_a_match_that_the_cap_leaves_undecided_is_hidden_and_not_claimed():
    redactor = Redactor([Rule("a", "a|axx", after="x|y{5}(?!c)")], cap=8)
    found = redactor.whole("axxyyyyyc")
    assert found.text == "[A_REDACTED]c"
    assert {(hit.rule, hit.start, hit.end) for hit in found.hits} == {("a", 0, 1), ("overlong", 0, 8)}


def test_hits_only_ever_grow():
    stream = Redactor([SSN, Rule("word", "sun")]).stream()
    seen: list[Hit] = []
    for char in "the sun, 123-45-6789, sunny 123-45-67890 sun":
        stream.push(char)
        assert stream.hits[: len(seen)] == seen
        seen = list(stream.hits)
    stream.finish()
    assert [hit.rule for hit in stream.hits] == ["word", "ssn", "word", "word"]


def test_threads_share_a_redactor_and_its_cold_tables():
    text = "mail bob@example.com, id 123-45-6789, sk-abcdef and \uff11\uff12\uff13-45-6789 " * 40
    rules = [
        SSN,
        Rule("email", r"[\w.]{1,64}@[\w.]{1,60}\.\w{2,9}"),
        Rule("key", r"sk-[a-z0-9]{4,20}", priority=3),
    ]
    expected = Redactor(rules, cap=200).whole(text)
    for cap in range(201, 206):  # another automaton each time, cold
        redactor = Redactor(rules, cap=cap)
        results: list[object] = []
        redact = partial(_redact_into, results, redactor, text)
        threads = [threading.Thread(target=redact) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected] * 8


def _redact_into(results: list[object], redactor: Redactor, text: str) -> None:
    results.append(redactor.whole(text))


def test_equal_rule_sets_share_one_automaton():
    assert Redactor([SSN])._hiding is Redactor([SSN])._hiding


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_positions_count_characters_of_the_whole_stream(size):
    text = "." * 3000 + "123-45-6789" + "." * 3000
    stream = Redactor([SSN]).stream()
    for at in range(0, len(text), size):
        stream.push(text[at : at + size])
    stream.finish()
    assert stream.hits == [Hit("ssn", 3000, 3011, Operator.REPLACE)]
