"""A value spelled over several items is noticed before it is complete."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from provider import Utterance, event
from script import Orders, Script, policy
from test_utterances import copies_of

from guard.core.closing import EndReason
from guard.core.policy import SpreadAnswer
from guard.core.redact import CATALOGUE, Operator, Redactor, Rule

CATALOGUE_REDACTOR = Redactor(CATALOGUE)


def speak(script: Script, *texts: str, sizes: tuple[int, ...] = (3,)) -> Orders:
    orders = Orders()
    for number, text in enumerate(texts, start=1):
        said = Utterance(text, sizes, f"item_{number}", f"resp_{number}")
        orders += script.server(*said.all())
    return orders


def test_the_second_half_of_a_card_is_cut_before_it_is_complete() -> None:
    script = Script()
    first = speak(script, "Part one: 4111 1111")
    second = Utterance("1111 1111 and done", item_id="item_2", response_id="resp_2")
    copy = event("conversation.item.retrieved", item=second.item("completed", second.text))
    orders = script.server(*second.all(), copy)
    assert "4111 1111" in first.text()
    assert set(copies_of(orders.to_client, second).values()) == {"[WITHHELD]"}
    [record] = [record for record in orders.records if record.verb == "redaction.spread"]
    assert (record.rule, record.outcome, record.subject) == ("card", "cut", "item_2")
    assert {"type": "response.cancel", "response_id": "resp_2"}.items() <= orders.to_upstream[0].items()


@given(at=st.integers(1, 15), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_card_split_anywhere_over_two_items_never_shows_whole(at: int, sizes: list[int]) -> None:
    digits = "4111111111111111"
    orders = speak(Script(), digits[:at], digits[at:], sizes=tuple(sizes))
    shown = "".join(each["delta"] for each in orders.to_client if each["type"].endswith("text.delta"))
    assert digits not in shown
    assert "redaction.spread" in orders.verbs()


def test_one_digit_an_item_is_noticed_all_the_same() -> None:
    orders = speak(Script(), *"4111111111111111")
    assert orders.verbs().count("redaction.spread") == 1
    assert [each["delta"] for each in orders.to_client if each["type"].endswith("text.delta")][
        -1
    ] == "[WITHHELD]"


def test_spoken_digits_are_joined_by_a_space() -> None:
    script = Script(policy(to_client=CATALOGUE_REDACTOR))
    orders = speak(script, "four one one one one one one one", "one one one one one one one one")
    assert "redaction.spread" in orders.verbs()


@pytest.mark.parametrize(
    ("answer", "end"), [(SpreadAnswer.END, EndReason.NOT_ALLOWED), (SpreadAnswer.FLAG, None)]
)
def test_a_role_may_end_the_session_or_only_record(answer: SpreadAnswer, end: Any) -> None:
    orders = speak(Script(policy(spread_values=answer)), "It is 4111 1111", "1111 1111.")
    assert (orders.end.reason if orders.end else None) is end
    assert "redaction.spread" in orders.verbs()
    assert ("1111 1111." in orders.text()) is (end is None)


def test_a_value_within_one_item_is_the_redactors_affair() -> None:
    orders = speak(Script(), "Hello there.", "4111 1111 1111 1111", "Goodbye.")
    assert "redaction.spread" not in orders.verbs()


def test_a_rule_that_only_flags_cuts_nothing() -> None:
    rule = Rule("card", r"\b\d{8} ?\d{8}\b", operator=Operator.FLAG)
    orders = speak(Script(policy(to_client=Redactor([rule]))), "41111111", "11111111")
    assert "redaction.spread" not in orders.verbs()


def test_plain_answers_in_a_row_are_left_alone() -> None:
    script = Script(policy(to_client=CATALOGUE_REDACTOR))
    texts = (
        "The gate opens at 6 and closes at 21.",
        "30 people were counted on 2024-05-17",
        "at the passage. Call back at 10",
        "or 11, whichever suits you",
        "and ask for order 4471",
        "9 of the list.",
    )
    orders = speak(script, *texts)
    assert "redaction.spread" not in orders.verbs()
    assert all(text in orders.text() for text in texts)


def test_an_item_that_comes_whole_is_looked_at_as_well() -> None:
    script = Script()
    speak(script, "4111 1111")
    said = Utterance("1111 1111", item_id="item_2")
    orders = script.server(event("conversation.item.created", item=said.item("completed", said.text)))
    assert "1111 1111" not in orders.text()


# -- texts without deltas, and texts that grow side by side


def whole(number: int, text: str, *, spoken: bool = False) -> Utterance:
    return Utterance(text, (3,), f"item_{number}", f"resp_{number}", spoken=spoken)


def test_halves_that_come_without_deltas_are_noticed_and_not_heard() -> None:
    script, orders = Script(), Orders()
    for said in (whole(1, "it is 4111 1111", spoken=True), whole(2, "1111 1111 ok", spoken=True)):
        orders += script.server(*said.begin(), *said.audio(), *said.finish())
    assert orders.verbs().count("redaction.spread") == 1
    assert "1111 1111 ok" not in orders.text()
    heard = [each["item_id"] for each in orders.to_client if each["type"] == "response.output_audio.delta"]
    assert set(heard) == {"item_1"}
    assert {"type": "response.cancel", "response_id": "resp_2"}.items() <= orders.to_upstream[0].items()


@pytest.mark.parametrize("order", ["ab", "ba", "interleaved", "b first"])
def test_halves_that_grow_side_by_side_are_noticed(order: str) -> None:
    script, a, b = Script(), whole(1, "so 4111 1111"), whole(2, "1111 1111 ok")
    orders = script.server(*a.begin(), *b.begin())
    if order == "ab":
        orders += script.server(*a.deltas(), *a.finish(), *b.deltas(), *b.finish())
    elif order == "ba":
        orders += script.server(*b.deltas()[:1], *a.deltas(), *b.deltas()[1:], *a.finish(), *b.finish())
    elif order == "interleaved":
        pairs = zip(a.deltas(), b.deltas(), strict=True)
        orders += script.server(*[each for pair in pairs for each in pair], *a.finish(), *b.finish())
    else:
        orders += script.server(*b.deltas(), *a.deltas(), *a.finish(), *b.finish())
    assert "redaction.spread" in orders.verbs()


def test_two_parts_of_one_item_are_two_texts() -> None:
    script, said = Script(), whole(1, "4111 1111")
    second = [{**each, "content_index": 1} for each in whole(1, "1111 1111 ok").deltas()]
    orders = script.server(*said.begin(), *said.deltas(), *second, *said.finish())
    assert "redaction.spread" in orders.verbs()
