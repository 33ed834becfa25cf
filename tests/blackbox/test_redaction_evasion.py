"""Ways around a redactor: evasions (T72), and texts that stop where a value has begun (T73)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.blackbox.carriers import arguments, heard, watched_arguments, written
from tests.blackbox.evidence import Shown, shown_after
from tests.blackbox.guarded_role import GuardedRole
from tests.blackbox.harness import Stack
from tests.blackbox.processes import ROOT
from tests.guard.core.provider import Utterance, event, response
from tests.guard.core.redact.canaries import CANARIES

pytestmark = pytest.mark.slow

CARD = "4111 1111 1111 1111"
DIGITS = CARD.replace(" ", "")
ADDRESS = "jane.roe@example.org"


def in_digits_from(zero: str) -> str:
    return "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in CARD)


EVASIONS = {
    "zero-width spaces": "\u200b".join(CARD),
    "zero-width joiners": "\u200d".join(DIGITS),
    "soft hyphens": "\u00ad".join(DIGITS),
    "combining marks": "\u0301".join(DIGITS),
    "no-break spaces": CARD.replace(" ", "\u00a0"),
    "no-break hyphens": CARD.replace(" ", "\u2011"),
    "full-width digits": in_digits_from("\uff10"),
    "Arabic digits": in_digits_from("\u0660"),
    "Devanagari digits": in_digits_from("\u0966"),
    "bold digits": in_digits_from("\U0001d7ce"),
    "spaces between digits": " ".join(DIGITS),
    "hyphens between digits": "-".join(DIGITS),
    "words": "four one one one, one one one one, one one one one, one one one one",
    "doubles and triples": "four triple one, double one double one, one one one one, one one one one",
    "one group in bold": "4111 **1111** 1111 1111",
    "each group in bold": " ".join(f"**{group}**" for group in CARD.split()),
    "each group in code": "-".join(f"`{group}`" for group in CARD.split()),
    "a row of a table": f"| {CARD.replace(' ', ' | ')} |",
    "tags between groups": "4111<b>1111</b>1111 1111",
    "all of it in bold": f"**{CARD}**",
    "stars between groups": CARD.replace(" ", "*"),
    "lines": CARD.replace(" ", "\n"),
    "full-width at sign": ADDRESS.replace("@", "\uff20"),
    "Cyrillic letters": ADDRESS.replace("a", "\u0430").replace("e", "\u0435"),
    "zero-width in an address": ADDRESS.replace("@", "\u200b@\u200b"),
}

LIMITS = {
    "forty-one eleven": "forty-one eleven, eleven eleven, eleven eleven, eleven eleven",
    "base64": "NDExMTExMTExMTExMTExMQ==",
    "rot13": "fx-cebw-No3qRs6uVw9xYz2aBc5dEf8g",
    "reversed": "t8sRq5pO2nmL9kjIh6fEd3bA-jorp-ks",
    "prose between": "4111 then 1111 and after that 1111 and at last 1111",
}
"""What is not hidden, and is documented not to be."""

DOCUMENTED = (ROOT / "docs/redaction.md").read_text()


@pytest.fixture(scope="module")
def guarded(stack: Stack) -> GuardedRole:
    return GuardedRole(stack, "abused_reader").make()


def shown_texts(shown: Shown) -> list[str]:
    return [*shown.streamed.values(), *shown.texts]


@pytest.mark.parametrize("carrier", [written, heard, arguments, watched_arguments])
async def test_t72_every_documented_evasion_is_caught(guarded, carrier):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for name, value in EVASIONS.items():
            text = f"Here: {value} - that is it"
            cuts = range(0, len(text), 5)
            shown = await shown_after(talker, line, *(carrier(text, cut) for cut in cuts))
            assert shown.texts and not any(value in each for each in shown_texts(shown)), name
            assert not any(value[: len(value) - 5] in each for each in shown_texts(shown)), name
            assert shown.disagreements() == {}, name
            assert len(shown.texts) == 1, name


async def test_t72_escapes_of_json_hide_no_digit(guarded):
    """Twice: the frame's own escapes, and those of the JSON text inside the arguments."""
    escaped = "".join(f"\\u{ord(char):04x}" for char in CARD)
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for carrier in (arguments, watched_arguments):
            events = json.dumps(carrier(CARD, 0)).replace(CARD, escaped)
            twice = events.replace(escaped, escaped.replace("\\", "\\\\"))
            for frames in (events, twice):
                shown = await shown_after(talker, line, json.loads(frames))
                assert shown.leaks(CARD) == [] and len(shown.texts) == 1
                assert not any(CARD in json.loads(text)["note"] for text in shown.texts)


async def test_t72_what_is_not_caught_is_a_documented_limit(guarded):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for name, value in LIMITS.items():
            shown = await shown_after(talker, line, written(value, 0))
            assert shown.texts == {value}, "no longer a limit"
            assert name in DOCUMENTED or value in DOCUMENTED, name


# -- T73: what is held back when a text stops


def stopped(said: Utterance, *, by: str) -> list[dict[str, Any]]:
    """The provider's words after an utterance that stopped in the middle."""
    item = said.item("incomplete", said.text)
    whole = {"output": [item], "status_details": {"type": by, "reason": "client_cancelled"}}
    return [
        event("conversation.item.done", previous_item_id=None, item=item),
        event("response.output_item.done", response_id=said.response_id, output_index=0, item=item),
        response("response.done", "cancelled", id=said.response_id, **whole),
        event("conversation.item.retrieved", item=item),
    ]


def beginnings(*, spoken: bool = False) -> list[Utterance]:
    value, frame = CANARIES["payment_card"]
    whole = frame.format(value)
    start = whole.index(value) + 1
    return [
        Utterance(whole[:end], (4,), f"item_stop{end}{spoken}", f"resp_stop{end}{spoken}", spoken=spoken)
        for end in range(start, start + len(value) - 1)
    ]


def assert_masked(shown: Shown) -> None:
    """Not one digit of the half of a card."""
    assert shown.disagreements() == {}
    assert shown.streamed and not any(re.search(r"\d", text) for text in shown_texts(shown))


@pytest.mark.parametrize("aloud", [False, True])
async def test_t73_the_held_tail_of_a_cancelled_text_is_masked(guarded, aloud):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for said in beginnings(spoken=aloud):
            stream = [*said.begin(), *said.deltas(), *said.audio(), *stopped(said, by="cancelled")]
            shown = await shown_after(talker, line, stream)
            assert_masked(shown)
            assert not any(each["type"] == "response.output_audio.delta" for each in shown.events)


async def test_t73_the_held_tail_is_masked_though_nothing_says_that_the_text_is_over(guarded):
    """``response.done`` alone, and its copy is shorter than what was streamed."""
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for said in beginnings():
            done = response("response.done", "cancelled", id=said.response_id, output=[])
            assert_masked(await shown_after(talker, line, [*said.begin(), *said.deltas(), done]))


async def test_t73_the_held_tail_is_masked_when_the_item_is_truncated(guarded):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        for said in beginnings(spoken=True):
            cut = event(
                "conversation.item.truncated", item_id=said.item_id, content_index=0, audio_end_ms=100
            )
            stream = [*said.begin(), *said.deltas(), cut, *stopped(said, by="cancelled")]
            assert_masked(await shown_after(talker, line, stream))


async def test_t73_the_held_tail_is_dropped_when_the_provider_is_lost(guarded):
    async with guarded.provider() as provider, guarded.talk(provider) as (talker, line):
        said = beginnings()[-1]
        await line.push([*said.begin(), *said.deltas()])
        await talker.wait("response.output_text.delta")
        await line.hang_up()
        assert (await talker.closed())[0] == 4502
        assert not re.search(r"\d", talker.heard)
