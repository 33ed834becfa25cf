"""Texts made to hurt: time stays linear, counted in transitions, and memory bounded."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from guard.core.redact import CATALOGUE, Redactor, Rule
from guard.core.redact.engine import automaton

EMAIL = Rule("email", r"[\w.]{1,64}@[\w.]{1,60}\.com")
RULES = [
    Rule("card", r"(?:\d[ -]?){12,18}\d", validator="luhn"),
    Rule("letters", "a+b?c"),
    EMAIL,
    Rule("quoted", '"[^"]*"'),
    Rule("nested", "(x+x+)+y"),
]
TEXTS = {
    "one letter": "a" * 12_000,
    "another letter": "x" * 4_000,
    "digits": "4111111111111111" * 600,
    "spaced digits": "4 1 1 1 " * 1_250,
    "cards": "4111 1111 1111 1111, " * 600,
    "never closed": 'x "' + "lorem ipsum " * 1_600,
    "invisible": "4" + "\u200b" * 20_000 + "111111111111111",
    "combining": "e\u0301" * 10_000,
    "ligatures": "\ufb01\ufb02\ufdfa" * 4_000,
    "scripts": "".join(map(chr, range(0x100, 0x2800))),
    "lone halves": "1\ud800\udc00\udc00\ud83d" * 2_000,
    "nothing": " \n" * 10_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_time_is_linear_whatever_the_text(name):
    text = TEXTS[name]
    redactor = Redactor(RULES)
    steps = []
    for times in (1, 2):
        stream = redactor.stream()
        stream.push(text * times)
        stream.finish()
        steps.append(stream.steps)
    assert steps[0] <= 300 * len(text)
    assert steps[1] <= 2.2 * steps[0] + 5_000


@pytest.mark.parametrize("name", ["one letter", "cards", "never closed", "invisible"])
def test_memory_does_not_grow_with_the_length_of_a_delta(name):
    text = TEXTS[name][:12_000]
    redactor = Redactor(RULES)
    redactor.whole(text[:5_000])
    stream = redactor.stream()
    tracemalloc.start()
    for at in range(0, len(text), 4_000):
        stream.push(text[at : at + 4_000])
        stream.hits.clear()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert stream.held <= 256
    assert used < 3 * len(text)


def test_ten_thousand_different_characters_are_known_by_the_few_kinds_they_are_of():
    redactor = Redactor(CATALOGUE)
    text = "".join(map(chr, range(0x4E00, 0x7500)))
    alphabet = redactor._hiding.automaton.alphabet
    redactor.whole(text)
    assert len(alphabet) > len(text) - 100
    assert len(set(map(alphabet.get, text))) < 100
    assert len(alphabet._by_kind) < 1_000


def test_tables_start_again_when_they_have_grown_and_nothing_changes(monkeypatch: pytest.MonkeyPatch):
    text = TEXTS["scripts"][:2_000] + TEXTS["cards"][:200]
    expected = Redactor(RULES, cap=200).whole(text)
    monkeypatch.setattr(automaton, "MOST_ENTRIES", 100)
    redactor = Redactor(RULES, cap=201)  # another automaton, cold
    assert redactor.whole(text) == expected
    assert redactor._hiding.automaton.generation > 1


@pytest.mark.soak
def test_ten_megabytes_in_one_delta():
    text = "Call me at 020 7946 0958 or write to bob@example.com. " * 190_000
    stream = Redactor(CATALOGUE).stream()
    shown = stream.push(text) + stream.finish()
    assert "bob@" not in shown
    assert "7946" not in shown
    assert stream.steps < 20 * len(text)


def test_a_thousand_open_streams_are_small():
    redactor = Redactor(CATALOGUE)
    redactor.whole("My card is 4111 1111 1111 1111, thanks. ")
    tracemalloc.start()
    streams = [redactor.stream() for _ in range(1_000)]
    for stream in streams:
        stream.push("My card is 4111 1111 ")
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert all(stream.held >= 10 for stream in streams)
    assert used / len(streams) < 4_000


def test_empty_deltas_and_deltas_of_one_character_are_fine():
    stream = Redactor(CATALOGUE).stream()
    out = [stream.push(part) for part in ("", "", "h", "", "i", "")] + [stream.finish(), stream.finish()]
    assert "".join(out) == "hi"
