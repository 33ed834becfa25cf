"""Arguments that grow: at every moment the beginning of valid JSON, in the end the same as redacting them whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from documents import damaged, deltas, value, written
from hypothesis import given, settings
from hypothesis import strategies as st
from script import CARD, CARD_RULE, HIDDEN_CARD

from guard.core.argument_stream import ArgumentStream, redacted
from guard.core.frames import STRICT, Unreadable, encode
from guard.core.redact import Operator, Redactor, Rule
from guard.core.surfaces import Walk

CARDS = Redactor([CARD_RULE])
RULES = [
    CARD_RULE,
    Rule("last", CARD_RULE.pattern, operator=Operator.MASK, priority=1),
    Rule("token", r"\d{4}[ -]?\d{4}", operator=Operator.HASH),
    Rule("plan", keywords=("secret plan", "note")),
    Rule("endless", r"a[^z]*"),
    Rule("zero", r"\b0\b|\b4e"),
    Rule("cut", r"call \d+", operator=Operator.BLOCK),
    Rule("seen", r"\d", operator=Operator.FLAG),
    Rule("quote", r'["\\]'),
    Rule("line", r"\n\w?", replacement='"\n\\'),
]


def rules(chance: Random) -> Redactor:
    return Redactor(chance.sample(RULES, chance.randint(0, 4)), hash_key=b"k")


def told_apart(value: Any, redactor: Redactor) -> Any:
    """The definition, member by member: values as ``Walk`` has them, and no value lost to a key that looks alike."""
    if isinstance(value, list):
        return [told_apart(part, redactor) for part in value]
    if not isinstance(value, dict):
        return Walk(redactor).value(value, free=True)
    shown: dict[str, Any] = {}
    for key, part in value.items():
        name, count = (alike := redactor.whole(key).text), 1
        while name in shown:
            count += 1
            name = f"{alike} ({count})"
        shown[name] = told_apart(part, redactor)
    return shown


def streamed(pieces: list[str], redactor: Redactor) -> ArgumentStream:
    stream = ArgumentStream(redactor)
    for piece in pieces:
        stream.push(piece)
    return stream


def what_was_let_go_is_the_redaction_of_the_whole(chance: Random) -> None:
    parsed, redactor = STRICT.read(json.dumps(value(chance))), rules(chance)
    stream, document = ArgumentStream(redactor), written(chance, parsed)
    let_go = "".join([stream.push(piece) for piece in deltas(chance, document)]) + stream.finish()
    assert (let_go, stream.broken) == (encode(told_apart(parsed, redactor)), ""), (document, redactor.rules)
    assert let_go == stream.shown == redacted(parsed, redactor)[0]
    if " (2)" not in let_go:
        assert json.loads(let_go) == Walk(redactor).value(parsed, free=True), (document, redactor.rules)


def what_breaks_off_has_shown_a_beginning_of_the_redaction(chance: Random) -> None:
    redactor, document = rules(chance), written(chance, {"a": value(chance), "b": value(chance)})
    whole = streamed([document], redactor).shown
    broken_off = deltas(chance, document[: chance.randint(0, len(document))])
    assert whole.startswith(streamed(broken_off, redactor).shown), (broken_off, redactor.rules)


def a_broken_document_shows_the_same_however_it_was_cut(chance: Random) -> None:
    redactor, document = rules(chance), damaged(chance, written(chance, value(chance)))
    pieces, whole = streamed(deltas(chance, document), redactor), streamed([document], redactor)
    assert (pieces.shown, pieces.broken) == (whole.shown, whole.broken), (document, redactor.rules)


PROPERTIES = [
    what_was_let_go_is_the_redaction_of_the_whole,
    what_breaks_off_has_shown_a_beginning_of_the_redaction,
    a_broken_document_shows_the_same_however_it_was_cut,
]


@pytest.mark.parametrize("holds", PROPERTIES)
@pytest.mark.parametrize("seed", range(4))
def test_random_documents_under_random_rules(holds: Callable[[Random], None], seed: int) -> None:
    chance = Random(seed)
    for _ in range(250):
        holds(chance)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_hypothesis_finds_no_document_that_is_an_exception(chance: Random) -> None:
    for holds in PROPERTIES:
        holds(chance)


def canary(text: str) -> list[str]:
    """The ways to write a card in JSON, as value, key and number, with escapes."""
    escaped = "".join(f"\\u{ord(char):04X}" for char in text)
    bare = text.replace(" ", "")
    return [
        f'{{"note":"my card {text} ok","n":1}}',
        f'{{"note":"my card {escaped} ok"}}',
        f'{{"note":["{escaped[:24]}{text[4:]}"]}}',
        f'{{"{text}":{{"{escaped} x":2}}}}',
        f'{{"n":{bare}}}',
        f'{{"n":[{bare}.0, {bare[:13]}.111e3, {bare}0e-1]}}',
    ]


@pytest.mark.parametrize("text", canary(CARD))
def test_a_card_leaks_at_no_cut_of_any_notation(text: str) -> None:
    for at in range(len(text) + 1):
        stream = ArgumentStream(CARDS)
        released = [stream.push(text[:at]), stream.push(text[at:])]
        assert "1111" not in "".join(released)
        assert HIDDEN_CARD in json.dumps(json.loads("".join(released)))


@pytest.mark.parametrize("text", canary(CARD))
@pytest.mark.parametrize("end", ["", "\x01", "\x01,", "\ud83d", "\x00}"])
def test_nothing_raw_goes_out_where_a_document_breaks(text: str, end: str) -> None:
    for at in range(len(text)):
        stream = streamed([text[:at], end], CARDS)
        assert "1111" not in stream.shown
        stream.finish()
        assert stream.broken and "1111" not in stream.shown


def test_a_broken_stream_stays_silent() -> None:
    stream = streamed(['{"a":"b",]'], CARDS)
    assert stream.broken == "malformed_json"
    assert [stream.push('"c":"d"}'), stream.finish()] == ["", ""]


@pytest.mark.parametrize(
    "broken", ['{"a":1,"a"', '{"a":NaN,', '{"a":1} {', "[" * 33, '{"a":"\\ud83d!!', '{"a":1e999,']
)
def test_the_stream_stops_where_the_strict_reader_would_refuse(broken: str) -> None:
    stream = streamed(list(broken), CARDS)
    shown = stream.shown
    assert stream.broken
    assert stream.push('":"more"}') == "" and stream.shown == shown


def test_a_fault_inside_a_rule_stops_the_stream() -> None:
    class Broken(Redactor):
        def whole(self, text: str, *, cut: bool = False) -> Any:
            raise RuntimeError("boom")

    stream = ArgumentStream(Broken())
    with pytest.raises(RuntimeError):
        stream.push('{"key":1')
    assert stream.broken == "fault"
    assert stream.push(',"b":"c"}') == "" and stream.shown == ""


def test_keys_that_look_alike_keep_their_values() -> None:
    other = "5500 0000 0000 0004"
    text = json.dumps({CARD: 1, other: 2, f"{HIDDEN_CARD} (2)": 3, "x": {CARD: 4}})
    shown = json.loads(streamed(list(text), CARDS).shown)
    assert shown == {
        HIDDEN_CARD: 1,
        f"{HIDDEN_CARD} (2)": 2,
        f"{HIDDEN_CARD} (2) (2)": 3,
        "x": {HIDDEN_CARD: 4},
    }


def test_text_is_shown_while_its_string_is_still_open() -> None:
    stream = ArgumentStream(CARDS)
    assert stream.push('{ "note" : "I wonder wh') == '{"note":"I wonder wh'
    assert stream.push("ether\\n 4111") == "ether\\n "
    assert stream.push(' "') == '4111 "'


def test_a_number_and_a_key_are_held_until_they_are_whole() -> None:
    stream = ArgumentStream(CARDS)
    assert [stream.push(piece) for piece in ('{"ke', 'y"', ":41", "11", "}")] == [
        "{",
        '"key"',
        ":",
        "",
        "4111}",
    ]


def test_hits_are_told_once_also_of_a_string_that_never_ends() -> None:
    stream = streamed(['{"a":"' + CARD + " and", f' {CARD} x","b":{CARD.replace(" ", "")}'], CARDS)
    assert [(hit.rule, hit.start) for hit in stream.take_hits()] == [("card", 0), ("card", 24)]
    stream.push("}")
    assert [hit.start for hit in stream.take_hits()] == [0]
    assert stream.take_hits() == []


def test_a_value_that_nobody_could_have_sent_is_refused() -> None:
    with pytest.raises(Unreadable, match="too deep"):
        redacted(json.loads("[" * 200 + "]" * 200), CARDS)


@pytest.mark.parametrize(
    "value",
    [
        9_223_372_036_854_775_807,
        -(2**70),
        -0.0,
        {f"k{number}": number for number in range(1_001)},
        {"k" * 300: [1]},
        list(range(20_001)),
    ],
)
def test_what_only_a_rule_can_put_into_arguments_is_written_all_the_same(value: Any) -> None:
    assert json.loads(redacted({"a": value}, CARDS)[0]) == {"a": value}
