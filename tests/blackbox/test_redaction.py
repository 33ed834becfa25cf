"""A value of every kind, cut at every place, in every carrier, through the real server: nothing of it is shown.

The normal run cuts every value at every place of its sentence, the two main carriers taking turns; a handful of values
at every place in every carrier, and the rest in the rarer ones at three places. ``-m soak`` cuts everything everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.blackbox.carriers import MAIN, RARE, WHOLE, Carrier, heard_in_segments
from tests.blackbox.evidence import Shown, shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Stack
from tests.guard.core.redact.canaries import CANARIES

pytestmark = pytest.mark.slow

EVERYWHERE = ("payment_card", "us_ssn", "email", "openai_key", "internal_keywords")
"""Kinds that the normal run cuts at every place in every carrier: digits, an address, a key, a word."""


@pytest.fixture(scope="module")
def guarded(stack: Stack) -> GuardedRole:
    return GuardedRole(stack, "canary_reader").make()


def sentence(kind: str) -> tuple[str, str]:
    value, frame = CANARIES[kind]
    return value, frame.format(value)


Places = Callable[[str, str], Iterable[int]]
"""Where a text with a value in it is cut."""


def everywhere(text: str, value: str) -> range:
    return range(len(text))


def every_other(first: int) -> Places:
    return lambda text, value: range(first, len(text), 2)


def three_places(text: str, value: str) -> list[int]:
    start = text.index(value)
    return [start + 1, start + len(value) // 2, start + len(value) - 1]


NEW_TURN: dict[str, Any] = {
    "type": "conversation.item.create",
    "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Go on."}]},
}
"""A role admits so many calls in one turn of the user, and no more than a thousand."""


def assert_hidden(shown: Shown, value: str, cuts: int) -> None:
    assert shown.leaks(value) == []
    assert shown.disagreements() == {}
    assert len(shown.texts) == 1, "a cut changed what was shown"
    assert len(shown.whole) == cuts, "something was not shown at all"


async def probe(guarded: GuardedRole, kinds: Iterable[str], carrier: Carrier, places: Places) -> None:
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for number, kind in enumerate(kinds, 1):
            value, text = sentence(kind)
            cuts = list(places(text, value))
            await talker.send(NEW_TURN)
            await line.wait("conversation.item.create", number)
            shown = await shown_after(talker, line, *(carrier(text, cut) for cut in cuts))
            assert_hidden(shown, value, len(cuts))
            assert not any('"logprobs"' in frame for frame in shown.frames)


@pytest.mark.parametrize("carrier", MAIN)
async def test_t71_no_cut_of_any_value_shows_it_in_any_copy_of_what_the_model_says(guarded, carrier):
    await probe(guarded, EVERYWHERE, MAIN[carrier], everywhere)
    await probe(guarded, CANARIES.keys() - EVERYWHERE, MAIN[carrier], every_other(list(MAIN).index(carrier)))


@pytest.mark.parametrize("carrier", RARE)
async def test_t71_no_cut_of_a_value_shows_it_in_a_rarer_carrier(guarded, carrier):
    await probe(guarded, EVERYWHERE, RARE[carrier], everywhere)


@pytest.mark.parametrize("carrier", RARE)
async def test_t71_every_value_is_hidden_in_the_rarer_carriers(guarded, carrier):
    await probe(guarded, CANARIES.keys() - EVERYWHERE, RARE[carrier], three_places)


@pytest.mark.soak
@pytest.mark.parametrize("carrier", [*MAIN, *RARE])
async def test_t71_no_cut_of_any_value_shows_it_in_any_carrier(guarded, carrier):
    await probe(guarded, CANARIES, (MAIN | RARE)[carrier], everywhere)


async def test_t71_segments_spell_the_transcript(guarded):
    _, text = sentence("payment_card")
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        shown = await shown_after(talker, line, heard_in_segments(text, 12))
        assert set(shown.streamed.values()) == shown.texts


@pytest.mark.parametrize("name", WHOLE)
async def test_t71_a_value_is_hidden_wherever_else_it_is_quoted(guarded, name):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for kind in CANARIES:
            value, text = sentence(kind)
            shown = await shown_after(talker, line, WHOLE[name](text, 0))
            assert shown.leaks(value) == []
            assert {each["type"] for each in shown.events} == QUOTING


QUOTING = {"error", "response.created", "response.done", "guess.what", "guess.failed", "test.marker"}
"""All but the delta of an unknown kind: nobody can know what it belongs to."""
