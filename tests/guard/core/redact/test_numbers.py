"""Numbers as others write them: formats and contexts of many countries, and as many numbers that are nobody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random

import labelled_cards
import labelled_identities
import labelled_phones
import pytest
from labelled_other_numbers import other_number

from guard.core.redact import PACKS, Redactor

RULES = [
    rule
    for name, pack in PACKS.items()
    if name in ("payment", "contact") or name[:9] == "national_"
    for rule in pack
]
REDACTOR = Redactor(RULES)
MAKERS: dict[str, tuple[Callable[[Random], tuple[str, str]], float]] = {
    "card": (labelled_cards.card, 0.97),
    "card mistyped": (labelled_cards.card_mistyped, 0.95),
    "card spoken": (labelled_cards.card_spoken, 0.95),
    "iban": (labelled_cards.iban, 0.97),
    "ssn": (labelled_cards.ssn, 0.97),
    "phone": (labelled_phones.phone, 0.95),
    "phone bare": (labelled_phones.phone_bare, 0.88),
    "identity": (labelled_identities.identity, 0.93),
    "identity bare": (labelled_identities.identity_bare, 0.8),
}
EACH = 250
OTHERS = 1_000
MOST_FALSE_ALARMS = 0.03


@cache
def made(kind: str) -> list[tuple[str, str]]:
    maker, _ = MAKERS[kind]
    chance = Random(kind)
    return [maker(chance) for _ in range(EACH)]


def is_hidden(value: str, text: str) -> bool:
    start = text.index("{}")
    full = text.replace("{}", value)
    hidden = {place for hit in REDACTOR.whole(full).hits for place in range(hit.start, hit.end)}
    return all(place in hidden or not full[place].isalnum() for place in range(start, start + len(value)))


@pytest.mark.parametrize("kind", MAKERS)
def test_numbers_are_hidden_however_they_are_written_and_announced(kind):
    missed = [(value, text) for value, text in made(kind) if not is_hidden(value, text)]
    assert len(missed) <= (1 - MAKERS[kind][1]) * EACH, missed


def test_numbers_that_are_nobodys_stay():
    chance = Random(20)
    found = Counter()
    for _ in range(OTHERS):
        kind, text = other_number(chance)
        hits = REDACTOR.whole(text).hits
        if hits:
            found[kind, text] += 1
    assert sum(found.values()) <= MOST_FALSE_ALARMS * OTHERS, found


@pytest.mark.parametrize("size", [1, 4, 12])
def test_numbers_in_chunks_are_hidden_as_in_whole_texts(size):
    for kind in MAKERS:
        for value, text in made(kind)[size : size + 40]:
            text = text.replace("{}", value)
            stream = REDACTOR.stream()
            shown = "".join(stream.push(text[at : at + size]) for at in range(0, len(text), size))
            assert shown + stream.finish() == REDACTOR.whole(text).text
