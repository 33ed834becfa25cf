"""The growing reader believes what the strict reader believes, however the document arrives."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from documents import damaged, deltas, value, written
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.frames import STRICT, StrictReader, Unreadable
from guard.core.growing_json import DEPTH, KEY_CHARS, MEMBERS, VALUES, GrowingJson


class Copy:
    """A sink that writes the document down again."""

    def __init__(self) -> None:
        self.text = ""

    def mark(self, mark: str) -> None:
        self.text += mark

    def key(self, key: str) -> None:
        self.text += json.dumps(key)

    def scalar(self, value: float | bool | None) -> None:
        self.text += json.dumps(value)

    def begin_string(self) -> None:
        self.text += '"'

    def piece(self, text: str) -> None:
        self.text += json.dumps(text)[1:-1]

    def end_string(self) -> None:
        self.text += '"'


def grown(pieces: list[str]) -> Any:
    copy = Copy()
    reader = GrowingJson(copy)
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return json.loads(copy.text)


def read(text: str) -> Any:
    try:
        return STRICT.read(text)
    except Unreadable:
        return Unreadable


def read_growing(pieces: list[str]) -> Any:
    try:
        return grown(pieces)
    except Unreadable:
        return Unreadable


def a_growing_document_is_read_as_the_whole_one(chance: Random) -> None:
    document = written(chance, value(chance))
    if chance.random() < 0.6:
        document = damaged(chance, document)
    assert read_growing(deltas(chance, document)) == read(document), document


@pytest.mark.parametrize("seed", range(8))
def test_a_growing_document_is_read_as_the_whole_one(seed: int) -> None:
    chance = Random(seed)
    for _ in range(250):
        a_growing_document_is_read_as_the_whole_one(chance)


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_hypothesis_finds_no_document_that_is_read_differently(chance: Random) -> None:
    a_growing_document_is_read_as_the_whole_one(chance)


NO_STRICT_JSON = [
    "", " ", "{", '{"a"', '{"a":', '{"a":1', "[1 2]", "{1:2}", "[}", "{]", '{"a" 1}', "[1,]", '{"a":1,}', "[,1]",
    '{"a":1}{', "[1],", '"a"b', "tru", "nul", "truex", "NaN", "Infinity", "-Infinity", "1e999", "-0", "-0.0", "01",
    "1.", ".5", "+1", "1e", "--1", "12345678901234567890", '{"a":1,"\\u0061":2}', "\ufeff{}", "'a'", "/**/1",
    '"a', '"\\x"', '"\\u12g4"', '"\\u+123"', '"\n"', '"\x00"', '"\ud83d"', '"\\ud83d', '"\\ud83d"',
    '"\\ud83d\\u0041"', '"\\ude00\\ud83d"', '"\\ude00\\ude00"', '"\\udc00"',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_STRICT_JSON)
def test_what_is_no_strict_json_is_refused_at_every_cut(text: str) -> None:
    assert read(text) is Unreadable
    assert read_growing(list(text)) is Unreadable
    assert read_growing([text]) is Unreadable


@pytest.mark.parametrize("text", [" 12 ", '"\\ud83d\\ude00"', '"\\u00e9\\/\\b"', "\r\n\t []", "1E+2", "{}\n"])
def test_a_document_of_any_spelling_is_read_at_every_cut(text: str) -> None:
    assert read_growing(list(text)) == STRICT.read(text)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def members(count: int) -> str:
    return json.dumps({str(n): n for n in range(count)})


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        (nested(DEPTH), nested(DEPTH + 1)),
        (members(MEMBERS), members(MEMBERS + 1)),
        (json.dumps([1] * VALUES), json.dumps([1] * (VALUES + 1))),
        (json.dumps([[]] * (VALUES // 2)), json.dumps([[]] * (VALUES // 2 + 1))),
        (json.dumps({"k" * KEY_CHARS: 1}), json.dumps({"k" * (KEY_CHARS + 1): 1})),
    ],
    ids=["depth", "members", "values", "brackets", "key"],
)
def test_the_bounds_are_those_of_the_strict_reader(fits: str, too_much: str) -> None:
    assert read_growing([fits]) == StrictReader().read(fits)
    assert read(too_much) is Unreadable
    assert read_growing([too_much]) is Unreadable


def test_a_fault_is_told_where_it_stands_and_not_at_the_end() -> None:
    reader = GrowingJson(Copy())
    reader.feed('{"a":1,')
    with pytest.raises(Unreadable, match="duplicate key"):
        reader.feed('"a"')
