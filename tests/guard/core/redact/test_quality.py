"""How much of what must be hidden is hidden, and how often a look-alike is. Printed with ``pytest -s``."""

from __future__ import annotations

from collections import Counter

import labelled
import pytest

from guard.core.redact import CATALOGUE, Redaction, Redactor

REDACTOR = Redactor(CATALOGUE)
CASES = list(labelled.cases())
WHOLE = [REDACTOR.whole(case.text) for case in CASES]
LEAST = {"phone": 0.75, "national id": 0.75, "password": 0.85, "password written": 0.9}
STRICTEST = 0.95
MOST_FALSE_ALARMS = 0.05


def is_right(case: labelled.Case, found: Redaction) -> bool:
    if case.is_lookalike:
        return not found.hits
    hidden = {place for hit in found.hits for place in range(hit.start, hit.end)}
    return all(place in hidden or not case.text[place].isalnum() for place in range(case.start, case.end))


def test_the_set_is_large_enough_and_always_the_same():
    assert len(CASES) >= 4_500
    assert list(labelled.cases()) == CASES
    assert sum(case.is_lookalike for case in CASES) >= 1_200


def test_recall_and_false_alarms_meet_their_aims(capsys):
    total, right = Counter(), Counter()
    for case, found in zip(CASES, WHOLE, strict=True):
        kind = "look-alike" if case.is_lookalike else case.kind
        total[kind] += 1
        right[kind] += is_right(case, found)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {kind:16} {right[kind]:4} of {total[kind]:4}" for kind in total))  # noqa: T201
    for kind in labelled.COUNTS:
        assert right[kind] >= LEAST.get(kind, STRICTEST) * total[kind], kind
    assert total["look-alike"] - right["look-alike"] <= MOST_FALSE_ALARMS * total["look-alike"]


@pytest.mark.parametrize(("share", "size"), list(enumerate([1, 4, 12])))
def test_in_chunks_nothing_is_different(share, size):
    for case, whole in zip(CASES[share::3], WHOLE[share::3], strict=True):
        stream = REDACTOR.stream()
        deltas = [case.text[at : at + size] for at in range(0, len(case.text), size)]
        shown = "".join(map(stream.push, deltas)) + stream.finish()
        assert shown == whole.text, case
