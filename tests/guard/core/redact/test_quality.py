"""How much of what must be hidden is hidden, and how often a look-alike is. Printed with ``pytest -s``."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import cycle

import labelled

from guard.core.redact import CATALOGUE, Redaction, Redactor

REDACTOR = Redactor(CATALOGUE)
SIZES = (1, 4, 12)
LEAST = {"phone": 0.75, "national id": 0.75, "password": 0.85, "password written": 0.9}
STRICTEST = 0.95
MOST_FALSE_ALARMS = 0.05


@cache
def cases() -> list[labelled.Case]:
    return list(labelled.cases())


@cache
def found() -> list[tuple[Redaction, int, str]]:
    """Each text redacted as a whole and, while its states are warm, in chunks of a size: a pass through the set for
    each of the two would make every state of the automaton twice. Made by the test that asks first, not by every
    worker that only imports this file."""
    return [
        (REDACTOR.whole(case.text), size, in_chunks(case.text, size))
        for case, size in zip(cases(), cycle(SIZES), strict=False)
    ]


def in_chunks(text: str, size: int) -> str:
    stream = REDACTOR.stream()
    deltas = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(map(stream.push, deltas)) + stream.finish()


def is_right(case: labelled.Case, found: Redaction) -> bool:
    if case.is_lookalike:
        return not found.hits
    hidden = {place for hit in found.hits for place in range(hit.start, hit.end)}
    return all(place in hidden or not case.text[place].isalnum() for place in range(case.start, case.end))


def test_the_set_is_large_enough_and_always_the_same():
    assert len(cases()) >= 4_500
    assert list(labelled.cases()) == cases()
    assert sum(case.is_lookalike for case in cases()) >= 1_200


def test_recall_and_false_alarms_meet_their_aims(capsys):
    total, right = Counter(), Counter()
    for case, (whole, _, _) in zip(cases(), found(), strict=True):
        kind = "look-alike" if case.is_lookalike else case.kind
        total[kind] += 1
        right[kind] += is_right(case, whole)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {kind:16} {right[kind]:4} of {total[kind]:4}" for kind in total))  # noqa: T201
    for kind in labelled.COUNTS:
        assert right[kind] >= LEAST.get(kind, STRICTEST) * total[kind], kind
    assert total["look-alike"] - right["look-alike"] <= MOST_FALSE_ALARMS * total["look-alike"]


def test_in_chunks_nothing_is_different():
    for case, (whole, size, shown) in zip(cases(), found(), strict=True):
        assert shown == whole.text, (size, case)
